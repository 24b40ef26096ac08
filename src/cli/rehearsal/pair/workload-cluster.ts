import { GlobalctlError } from '../../../base/index.ts';
import type { KubeObject } from '../../../kube/index.ts';
import { renderSite } from '../../../manifests/index.ts';
import { CLUSTER_NAME, NAME_PREFIX } from '../../../providers/index.ts';
import { ipv4Text, parseNetwork, type LoadedSite, type Site } from '../../../site/index.ts';
import { withSite } from '../rehearsed-site.ts';

/** Name of the workload cluster of a rehearsal; without the prefix that marks what is `global`'s own. */
export const WORKLOAD_CLUSTER = 'apps';
/** A control plane node and a worker. */
export const WORKLOAD_MACHINES = 2;

/**
 * A small workload cluster at a site, as a team would order it from the platform: one control plane node and one worker on the
 * site's provider, at addresses from the end of its network, images from the platform's registry. Secrets are stand-ins.
 */
export async function workloadManifest(loaded: LoadedSite): Promise<KubeObject[]> {
  const { manifest } = await renderSite(withSite(loaded, smallSite(loaded.site)), { secrets: 'stand-in' });
  const { nodeAddress } = loaded.site.bootstrap.registry;
  const { registryDomain } = loaded.site.platform;
  return structuredClone(manifest).map((object) =>
    mapStrings(object, (text) => {
      const renamed =
        text === CLUSTER_NAME
          ? WORKLOAD_CLUSTER
          : text.startsWith(NAME_PREFIX)
            ? `${WORKLOAD_CLUSTER}-${text.slice(NAME_PREFIX.length)}`
            : text;
      return renamed.replaceAll(nodeAddress, registryDomain);
    }),
  ) as KubeObject[];
}

/** Without what only `global` has: its side of a pair, and a release manifest to merge with. */
function smallSite({ dr: _dr, manifest: { base: _base, ...manifest }, ...site }: Site): Site {
  const { last } = parseNetwork(site.network.nodes.cidr);
  // The last address is the broadcast; what is before it is rarely given to anybody.
  const [vip, control, worker] = [ipv4Text(last - 4), ipv4Text(last - 3), ipv4Text(last - 2)];
  const { controlPlane, workers } = site;
  const [firstNode] = controlPlane.nodes;
  const [pool] = workers;
  const [firstWorker] = pool?.nodes ?? [];
  if (!firstNode || !pool || !firstWorker)
    throw new GlobalctlError('USAGE', {
      message: 'the rehearsal of disaster recovery makes a workload cluster after the pattern of the first worker pool',
      subject: site.metadata.name,
      expected: 'a site with at least one worker node',
    });
  return {
    ...site,
    manifest,
    network: { ...site.network, controlPlaneVIP: vip },
    controlPlane: {
      ...controlPlane,
      replicas: 1,
      nodes: [{ ...firstNode, hostname: `${WORKLOAD_CLUSTER}-cp-1`, ip: control }],
    },
    workers: [
      { ...pool, replicas: 1, nodes: [{ ...firstWorker, hostname: `${WORKLOAD_CLUSTER}-worker-1`, ip: worker }] },
    ],
  };
}

function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, change)]));
}
