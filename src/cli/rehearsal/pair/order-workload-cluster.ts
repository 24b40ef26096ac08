import { join } from 'node:path';
import { GlobalctlError } from '../../../base/index.ts';
import type { Pair, SideName } from '../../../dr/index.ts';
import { HostPaths } from '../../../install/index.ts';
import { HttpKubeClient, PLATFORM_NAMESPACE, resources, textAt, watchUntil } from '../../../kube/index.ts';
import { WORKLOAD_CLUSTER, WORKLOAD_MACHINES, workloadManifest } from './workload-cluster.ts';

/** In real time; a lab that works at any speed has its machines by then. */
const LIMIT_MS = 5 * 60_000;

/** Kubeconfig of the new cluster that the installation of a side wrote. */
export function globalKubeconfig(pair: Pair, side: SideName): string {
  const { site, ...loaded } = pair[side].loaded;
  const host = new HostPaths(loaded.resolvePath(site.bootstrap.hostRoot));
  return join(host.stateFolder(site.metadata.name), 'global.kubeconfig');
}

/** Applies a workload cluster's manifest to the `global` cluster of a side, and waits until its machines run. */
export async function orderWorkloadCluster(options: {
  readonly pair: Pair;
  readonly side: SideName;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}): Promise<void> {
  const { pair, side, say } = options;
  const { loaded } = pair[side];
  const manifest = await workloadManifest(loaded);
  const client = await HttpKubeClient.fromFile(globalKubeconfig(pair, side), {
    fieldManager: 'team',
    proxyUrl: loaded.site.access.proxy,
  });
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(LIMIT_MS)]);
  try {
    for (const object of manifest)
      await client.apply(await client.resolve(object.apiVersion, object.kind, signal), object, { force: true, signal });
    say(`ordered the workload cluster ${WORKLOAD_CLUSTER} from the ${side} side; waiting for its machines`);
    let waiting = '';
    try {
      await watchUntil(client, resources.machines, { namespace: PLATFORM_NAMESPACE, signal }, (store) => {
        const mine = [...store.values()].filter((m) => textAt(m, 'spec', 'clusterName') === WORKLOAD_CLUSTER);
        waiting = mine.map((m) => `${m.metadata.name ?? ''} ${textAt(m, 'status', 'phase') ?? ''}`).join(', ');
        const running = mine.filter((m) => textAt(m, 'status', 'phase') === 'Running');
        return mine.length === WORKLOAD_MACHINES && running.length === mine.length ? true : undefined;
      });
    } catch (error) {
      options.signal.throwIfAborted();
      throw new GlobalctlError('DEADLINE_EXCEEDED', {
        message: `the machines of the workload cluster ${WORKLOAD_CLUSTER} do not run`,
        subject: `Machines of ${WORKLOAD_CLUSTER} on the ${side} side`,
        found: waiting === '' ? 'none' : waiting,
        cause: error,
      });
    }
  } finally {
    await client.close();
  }
}
