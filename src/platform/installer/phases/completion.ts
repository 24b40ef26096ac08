import { GlobalctlError } from '../../../base/index.ts';
import {
  conditionOf,
  fieldAt,
  PLATFORM_NAMESPACE,
  resources,
  watchUntil,
  type KubeClient,
  type KubeObject,
} from '../../../kube/index.ts';
import type { Phase, PhaseContext } from '../phase.ts';
import { GLOBAL } from '../payload.ts';
import { findGlobalCluster } from './find-cluster.ts';

/** The administrator's token, under the name that the guide's disaster recovery reads it from. */
const ADMIN = 'k8sadmin';

/** The platform's records about the new cluster, and the last look at it before the work is called done. */
export const completionPhase: Phase = {
  id: 'completion',
  title: 'Record the cluster and complete',
  weight: 5,
  run: async (context) => {
    const { client: target } = await context.target();
    await createAdministrator(target, context.signal);
    await recordCluster(context, target);
    await watchUntil(target, resources.clusterModules, { signal: context.signal }, (store) => {
      const status = fieldAt(store.get(GLOBAL), 'status', 'base', 'deployStatus');
      if (status === 'Completed') return true;
      const told = `ClusterModule ${GLOBAL}: base is ${typeof status === 'string' ? status : 'not reported'}`;
      if (status === 'Failed') context.blocked(told);
      else context.waiting(told);
      return undefined;
    });
    await requireReadyNodes(target, context.signal);
    context.log(`ClusterModule ${GLOBAL}: base Completed; every node is ready`);
  },
};

async function createAdministrator(target: KubeClient, signal: AbortSignal): Promise<void> {
  const metadata = { name: ADMIN, namespace: PLATFORM_NAMESPACE };
  await target.apply(resources.serviceAccounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata }, { signal });
  const secret: KubeObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...metadata, annotations: { 'kubernetes.io/service-account.name': ADMIN } },
    type: 'kubernetes.io/service-account-token',
  };
  await target.apply(resources.secrets, secret, { signal });
  const binding: KubeObject = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: `${PLATFORM_NAMESPACE}-${ADMIN}` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: ADMIN, namespace: PLATFORM_NAMESPACE }],
  };
  await target.apply(resources.clusterRoleBindings, binding, { signal });
}

async function recordCluster({ request, signal, log }: PhaseContext, target: KubeClient): Promise<void> {
  const { cluster } = await findGlobalCluster(target, signal);
  const network = (kind: string): unknown => fieldAt(cluster, 'spec', 'clusterNetwork', kind, 'cidrBlocks', 0);
  const type = cluster.metadata.labels?.['cluster-type'] ?? 'Baremetal';
  const version = String(
    ((await target.request('GET', '/version', { signal })) as { gitVersion?: string }).gitVersion ?? '',
  );
  const record: KubeObject = {
    apiVersion: 'platform.tkestack.io/v1',
    kind: 'Cluster',
    metadata: { name: GLOBAL, labels: { 'cpaas.io/cluster-name': GLOBAL } },
    spec: {
      displayName: GLOBAL,
      type,
      version,
      networkType: 'kube-ovn',
      ...(typeof network('pods') === 'string' && { clusterCIDR: network('pods') }),
      ...(typeof network('services') === 'string' && { serviceCIDR: network('services') }),
      features: { ha: { host: request.console.globalHost } },
    },
  };
  await target.apply(resources.tkeClusters, record, { force: true, signal });
  const host = fieldAt(cluster, 'spec', 'controlPlaneEndpoint', 'host');
  const port = fieldAt(cluster, 'spec', 'controlPlaneEndpoint', 'port');
  const addresses = typeof host === 'string' ? [{ type: 'Advertise', host, port, path: '' }] : [];
  const status = { phase: 'Running', version, addresses };
  await target.patch(
    resources.tkeClusters,
    { name: GLOBAL },
    { type: 'merge', body: { status }, subresource: 'status' },
    { signal },
  );
  log(`clusters.platform.tkestack.io ${GLOBAL}: Running`);
}

async function requireReadyNodes(target: KubeClient, signal: AbortSignal): Promise<void> {
  const { items } = await target.list(resources.nodes, { signal });
  const waiting = items.filter((n) => conditionOf(n, 'Ready')?.status !== 'True').map((n) => n.metadata.name);
  if (items.length === 0 || waiting.length > 0)
    throw new GlobalctlError('INSTALLER_NOT_READY', {
      message: `nodes are not ready: ${waiting.join(', ') || 'there are none'}`,
      subject: 'nodes of the new cluster',
    });
}
