import { GlobalctlError, makeFolders } from '../../../base/index.ts';
import { platformDomain, sideNames, vipOf, type Pair, type SideName } from '../../../dr/index.ts';
import type { LabClient, LabEtcd } from '../../../lab/control/index.ts';
import type { App } from '../../app.ts';
import { makeFolder, namesOf, openDataCentre } from '../data-centre.ts';
import { cacheFolder } from '../folders.ts';
import { rehearsedSite } from '../rehearsed-site.ts';
import { buildSamplePackages } from '../sample-packages.ts';
import type { PairPlaces } from './places.ts';

export interface PairLabOptions {
  readonly speed: number;
  readonly seed: string;
  readonly crds?: string | undefined;
  readonly etcd: LabEtcd | undefined;
  readonly envtest: string | undefined;
  readonly idleTimeoutMs: number;
}

export interface PairLab {
  readonly lab: LabClient;
  /** The pair as it stands in the lab: hosts, packages and proxies are the rehearsal's. */
  readonly pair: Pair;
}

/**
 * Two data centres on one infrastructure platform, or those that an interrupted rehearsal left, and a delivery for each side. The
 * platform's names lead to the primary side.
 */
export async function openPairLab(app: App, pair: Pair, places: PairPlaces, options: PairLabOptions): Promise<PairLab> {
  await makeFolder(places.folder);
  for (const side of sideNames) await makeFolders(places.hosts[side]);
  const { speed, seed, etcd, envtest, idleTimeoutMs } = options;
  const lab = await openDataCentre(app, {
    lab: places.lab,
    hosts: sideNames.map((side) => places.hosts[side]),
    settings: {
      sites: sideNames.map((side) => ({
        name: side,
        hostIP: pair[side].loaded.site.bootstrap.hostIP,
        root: places.hosts[side],
      })),
      names: new Map([[platformDomain(pair), vipOf(pair, 'primary')], ...namesOf(pair.primary.loaded.site)]),
    },
    speed,
    seed,
    etcd,
    envtest,
    idleTimeoutMs,
  });
  const { sites = [] } = await lab.status();
  const rehearsed = async (side: SideName): Promise<Pair[SideName]> => {
    const proxy = sites.find(({ name }) => name === side)?.proxyUrl;
    if (proxy === undefined)
      throw new GlobalctlError('LAB_START_FAILED', {
        message: `the lab in ${places.lab} has no site ${side}`,
        subject: places.lab,
        hint: 'It belongs to another rehearsal. End it with globalctl lab down, or name another folder with --state-dir.',
      });
    const { loaded, provider } = pair[side];
    const packages = await buildSamplePackages(app, {
      loaded,
      crdsFolder: options.crds,
      cacheFolder: cacheFolder(app.env),
    });
    return { loaded: rehearsedSite(loaded, { hostRoot: places.hosts[side], proxy, packages }), provider };
  };
  return { lab, pair: { primary: await rehearsed('primary'), standby: await rehearsed('standby') } };
}
