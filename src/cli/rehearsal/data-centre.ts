import { access, constants, rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { GlobalctlError, makeFolders, pathExists, readTextIfPresent, writeFileAtomic } from '../../base/index.ts';
import { LabClient, startLab, type LabEtcd, type LabSettings } from '../../lab/control/index.ts';
import { z } from 'zod';
import type { Site } from '../../site/index.ts';
import type { App } from '../app.ts';
import { noteOtherStore } from '../etcd-flags.ts';

const deliverySchema = z.object({ core: z.string(), kubeadmProvider: z.string(), infrastructureProvider: z.string() });

export interface DataCentreOptions {
  /** Home folder of the lab. */
  readonly lab: string;
  /** Folders that stand for `/` of bootstrap hosts. */
  readonly hosts: readonly string[];
  /** The one bootstrap host, or the sites with theirs, and the names of the DNS. */
  readonly settings: Pick<Partial<LabSettings>, 'hostIP' | 'sites' | 'names'>;
  readonly speed: number;
  readonly seed: string;
  /** A real etcd for the clusters to store in. */
  readonly etcd: LabEtcd | undefined;
  /** Folder with the programs of real control planes. */
  readonly envtest: string | undefined;
  readonly idleTimeoutMs: number;
}

/** Folders of one rehearsal. */
export function placesOf(folder: string): {
  readonly lab: string;
  readonly host: string;
  readonly lastRun: string;
  readonly delivery: string;
} {
  return {
    lab: join(folder, 'lab'),
    host: join(folder, 'host'),
    lastRun: join(folder, 'last-run'),
    delivery: join(folder, 'delivery.json'),
  };
}

/** Makes the folder of a rehearsal. Throws FILE_UNWRITABLE where that cannot be. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await makeFolders(folder);
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new GlobalctlError('FILE_UNWRITABLE', {
      message: `the rehearsal cannot keep its state in ${folder}: ${(error as Error).message}`,
      subject: folder,
      hint: 'Name a folder that can be written to with --state-dir, or set XDG_STATE_HOME.',
      cause: error,
    });
  }
}

/** Keeps which packages a rehearsal uses, so that later commands look at the same ones. */
export async function writeDelivery(folder: string, packages: Site['packages']): Promise<void> {
  await writeFileAtomic(placesOf(folder).delivery, `${JSON.stringify(packages, null, 2)}\n`);
}

/** The packages of the rehearsal that is under way in a folder; undefined when none was begun. */
export async function readDelivery(folder: string): Promise<Site['packages'] | undefined> {
  const text = await readTextIfPresent(placesOf(folder).delivery);
  return text === undefined ? undefined : deliverySchema.parse(JSON.parse(text));
}

/**
 * The data centre of a rehearsal: the one that an interrupted run left, or a new one. What a host remembers of a data centre
 * that is gone is worth nothing, so it goes too.
 */
export async function openDataCentre(app: App, options: DataCentreOptions): Promise<LabClient> {
  const { lab, hosts } = options;
  const running = await LabClient.settled(lab, { signal: app.signal, clock: app.clock });
  if (running) {
    await noteOtherStore(app, running, options.etcd);
    return running;
  }
  const left = await Promise.all(hosts.map(pathExists));
  if (left.includes(true)) app.note('the data centre of the interrupted rehearsal is gone; starting anew');
  for (const host of hosts) await rm(host, { recursive: true, force: true });
  await rm(lab, { recursive: true, force: true });
  return await startLab({
    home: lab,
    settings: {
      speed: options.speed,
      seed: options.seed,
      ...(options.etcd && { etcd: options.etcd }),
      ...(options.envtest !== undefined && { envtest: options.envtest }),
      ...options.settings,
      idleTimeoutMs: options.idleTimeoutMs,
      keep: false,
    },
    self: app.self,
    signal: app.signal,
  });
}

/** The site's own names, which its DNS leads to the control plane endpoint. */
export function namesOf(site: Site): Map<string, string> {
  const names = new Map<string, string>();
  for (const name of [site.platform.host, site.platform.registryDomain.replace(/:\d+$/, '')])
    if (isIP(name) === 0) names.set(name, site.network.controlPlaneVIP);
  return names;
}
