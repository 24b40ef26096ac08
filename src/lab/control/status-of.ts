import type { DataCentre, LabSites } from '../datacentre/index.ts';
import type { LabHome } from './lab-home.ts';
import type { LabSettings, LabStatus } from './lab-status.ts';
import { linksOf } from './site-handlers.ts';

/** The state of a lab as it is now. */
export function statusOf(
  sites: LabSites,
  { home, settings, startedAt }: { home: LabHome; settings: LabSettings; startedAt: string },
): LabStatus {
  const { first, all } = sites;
  return {
    pid: process.pid,
    home: home.folder,
    startedAt,
    proxyUrl: first.proxyUrl,
    speed: settings.speed,
    seed: settings.seed,
    hostIP: first.bootstrapHost.hostIP,
    ...(all.length > 1 && {
      sites: all.map(({ site = '', bootstrapHost, proxyUrl }) => ({
        name: site,
        hostIP: bootstrapHost.hostIP,
        proxyUrl,
      })),
      links: linksOf(sites),
    }),
    keep: settings.keep,
    idleTimeoutMs: settings.idleTimeoutMs,
    names: Object.fromEntries(first.network.names),
    clusters: all.flatMap((dataCentre) =>
      [...dataCentre.clusters.values()].map((cluster) => ({
        ...(dataCentre.site !== undefined && { site: dataCentre.site }),
        name: cluster.name,
        server: cluster.server,
        nodes: [...cluster.nodeNames],
        on: cluster.isOn,
        failure: cluster.failure(),
      })),
    ),
    machines: machinesOf(sites),
    addresses: [...new Set(all.flatMap(({ network }) => network.addresses()))].sort(),
    etcd: first.storage,
    envtest: first.envtest,
    memoryBytes: process.memoryUsage.rss(),
  };
}

/** One platform's inventory, whichever site shows it. */
function machinesOf({ first, all }: LabSites): LabStatus['machines'] {
  const siteOf = (cluster: unknown): string | undefined =>
    all.find(({ clusters }: DataCentre) => [...clusters.values()].some((c) => c === cluster))?.site;
  return first.iaas.all().map(({ name, id, state, node }) => {
    const formed = node && first.iaas.clusters.find(node.caHash);
    const site = formed && siteOf(formed.cluster);
    return { name, id, state, ...(formed && { cluster: formed.cluster.name }), ...(site !== undefined && { site }) };
  });
}
