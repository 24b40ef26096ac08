import { GlobalctlError, systemClock } from '../../base/index.ts';
import { connectEtcd, type KeyValueStore } from '../../etcd/index.ts';
import { startEtcdSync } from '../../platform/etcd-sync/index.ts';
import type { EtcdAccess } from '../control-plane/index.ts';
import type { Program, ProgramContext } from '../program.ts';
import { serviceKey } from '../services.ts';

/**
 * How the etcd of a cluster of this site is reached from its control plane nodes, by the cluster's name: a Pod there mounts the
 * client certificate that kubeadm left on the host.
 */
export const localEtcdService = serviceKey<(cluster: string) => EtcdAccess | undefined>('local-etcd');

const MONITOR_PORT = 8080;

/** The etcd synchronizer on a standby: reaches the primary's VIP over the network between the sites. */
export const etcdSync: Program = {
  image: 'ait/etcd-sync',
  run: async (context) => {
    const { container, client, pod, proxyUrl, signal } = context;
    const { ACTIVE_CLUSTER_VIP: vip = '', ACTIVE_CLUSTER_TOKEN: token = '', ...more } = container.env;
    const sync = await startEtcdSync({
      client,
      connectLocalEtcd: () => connectOwnEtcd(context),
      primary: { vip, token, proxyUrl },
      identity: pod.metadata.name ?? context.podIP,
      checkIntervalMinutes: Number(more['MONITOR_CHECK_INTERVAL'] ?? 1),
      detail: more['DETAIL'] === 'true',
      // It waits for other computers, not for the infrastructure.
      clock: systemClock,
      signal,
      logSink: (line) => context.log(line),
    });
    try {
      context.listen(MONITOR_PORT, sync.port);
      context.markReady();
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    } finally {
      await sync.close();
    }
  },
};

async function connectOwnEtcd(context: ProgramContext): Promise<KeyValueStore> {
  const etcd = context.services.get(localEtcdService)(context.clusterName);
  if (!etcd)
    throw new GlobalctlError('ETCD_UNREACHABLE', {
      message: `the etcd of ${context.clusterName} cannot be reached`,
      subject: context.clusterName,
    });
  return await connectEtcd({
    endpoints: [`127.0.0.1:${String(etcd.loopbackPort)}`],
    tls: { ca: etcd.caPem, certificate: etcd.client.certificatePem, key: etcd.client.keyPem },
  });
}
