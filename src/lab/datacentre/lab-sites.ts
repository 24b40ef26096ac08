import { resolve } from 'node:path';
import { GlobalctlError, scaledClock, systemClock } from '../../base/index.ts';
import { Cleanup } from '../cleanup.ts';
import type { FormedCluster } from '../machines/index.ts';
import { Fleet } from '../infrastructure/iaas/index.ts';
import { WideArea } from '../network/index.ts';
import type { BootstrapOptions } from './bootstrap-host.ts';
import type { DataCentre } from './data-centre.ts';
import { type CommonGround, type DataCentreOptions } from './data-centre.ts';

/** One of several sites. */
export interface SiteOptions {
  readonly name: string;
  /** IP of its bootstrap host. */
  readonly hostIP: string;
  /** Root folder of its bootstrap host, where that is known: setup.sh is run there and names no site. */
  readonly root?: string | undefined;
}

/** Starts the data centre of one site, or of the only one. */
export type StartDataCentre = (options: Pick<DataCentreOptions, 'site'> & SiteOptions) => Promise<DataCentre>;

/**
 * All sites of a lab: one data centre, or several on one infrastructure platform and one DNS, joined by links. Each has its own
 * bootstrap host, its own private addresses and its own door.
 */
export class LabSites {
  readonly wideArea = new WideArea();
  readonly #sites: readonly SiteOptions[];
  readonly #dataCentres: readonly DataCentre[];

  private constructor(sites: readonly SiteOptions[], dataCentres: readonly DataCentre[]) {
    this.#sites = sites;
    this.#dataCentres = dataCentres;
    if (dataCentres.length > 1) for (const { site, network } of dataCentres) this.wideArea.join(site ?? '', network);
  }

  /** One data centre without a name. */
  static single(dataCentre: DataCentre): LabSites {
    return new LabSites([{ name: '', hostIP: dataCentre.bootstrapHost.hostIP }], [dataCentre]);
  }

  /** Several, on common ground. What was started is stopped again on failure. */
  static async start(options: {
    readonly sites: readonly SiteOptions[];
    readonly speed: number;
    readonly names: ReadonlyMap<string, string>;
    readonly start: StartDataCentre;
  }): Promise<LabSites> {
    const { sites, speed, start } = options;
    const common: CommonGround = {
      clock: scaledClock(speed, systemClock),
      fleet: new Fleet(),
      names: new Map(options.names),
    };
    const cleanup = new Cleanup();
    try {
      const dataCentres: DataCentre[] = [];
      for (const site of sites) {
        const dataCentre = await start({ ...site, site: { name: site.name, common } });
        cleanup.defer(() => dataCentre.stop());
        dataCentres.push(dataCentre);
      }
      return new LabSites(sites, dataCentres);
    } catch (error) {
      await cleanup.run();
      throw error;
    }
  }

  get all(): readonly DataCentre[] {
    return this.#dataCentres;
  }

  /** The one that speaks for the lab where a single answer is wanted: the first. */
  get first(): DataCentre {
    const [first] = this.#dataCentres;
    if (!first) throw new GlobalctlError('INTERNAL', { message: 'the lab has no site' });
    return first;
  }

  get openConnections(): number {
    return this.#dataCentres.reduce((sum, { openConnections }) => sum + openConnections, 0);
  }

  /** The site of that name, or the only one when none is named. Throws USAGE otherwise. */
  find(name: string | undefined): DataCentre {
    const found = this.#dataCentres.length === 1 ? this.first : this.#dataCentres.find(({ site }) => site === name);
    if (found && (name === undefined || found.site === undefined || found.site === name)) return found;
    throw new GlobalctlError('USAGE', {
      message: name === undefined ? 'the lab has several sites, and none was named' : `the lab has no site ${name}`,
      expected: this.#dataCentres.map(({ site }) => site ?? '(one without a name)').join(' or '),
    });
  }

  /** The site whose bootstrap host has this root folder; where none is known for it, as `find`. */
  ofRoot(root: string, name: string | undefined): DataCentre {
    const folder = resolve(root);
    const index = this.#sites.findIndex((site, i) =>
      [site.root, this.#dataCentres[i]?.bootstrapHost.root].some((r) => r !== undefined && resolve(r) === folder),
    );
    return (name === undefined ? this.#dataCentres[index] : undefined) ?? this.find(name);
  }

  /** Boots the bootstrap host of the site that the root folder belongs to. */
  async bootstrap(options: Omit<BootstrapOptions, 'crds'>, site?: string): Promise<void> {
    await this.ofRoot(options.root, site).bootstrap(options);
  }

  /** A cluster that machines have formed at a site. Throws USAGE when there is none of that name. */
  formedCluster(name: string, site: string | undefined): FormedCluster {
    const dataCentre = this.find(site);
    const cluster = dataCentre.clusters.get(name);
    const formed = dataCentre.iaas.clusters.all().find((f) => f.cluster === cluster);
    if (formed) return formed;
    throw new GlobalctlError('USAGE', {
      message: `no machines have formed a cluster ${name}${site === undefined ? '' : ` at ${site}`}`,
      subject: name,
      expected: [...dataCentre.clusters.keys()].join(', ') || 'none so far',
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#dataCentres.map((dataCentre) => dataCentre.stop()));
  }
}
