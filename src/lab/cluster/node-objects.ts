import { isKubeReason, resources, type KubeClient, type KubeObject, type Resource } from '../../kube/index.ts';
import { endpointSlices } from '../controllers/index.ts';

/** Deletes the Node of a machine that is gone, and the Pods that were on it. */
export async function removeNodeObjects(client: KubeClient, nodeName: string): Promise<void> {
  const ignoreGone = (error: unknown): void => {
    if (!isKubeReason(error, 'NotFound')) throw error;
  };
  const { items } = await client.list(resources.pods, { fieldSelector: `spec.nodeName=${nodeName}` });
  await client.delete(resources.nodes, { name: nodeName }).catch(ignoreGone);
  for (const pod of items)
    await client
      .delete(
        resources.pods,
        { name: pod.metadata.name ?? '', namespace: pod.metadata.namespace },
        { gracePeriodSeconds: 0 },
      )
      .catch(ignoreGone);
}

const endpoints: Resource = { group: '', version: 'v1', kind: 'Endpoints', plural: 'endpoints', namespaced: true };

/** Names the control plane nodes as endpoints of Service `kubernetes`, which each API server of a real cluster does for itself. */
export async function publishApiEndpoints(client: KubeClient, ips: readonly string[], port: number): Promise<void> {
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
    },
    subsets:
      ips.length === 0
        ? []
        : [
            {
              addresses: [...ips].sort().map((ip) => ({ ip })),
              ports: [{ name: 'https', port, protocol: 'TCP' }],
            },
          ],
  };
  await client.apply(endpoints, object, { fieldManager: 'kube-apiserver', force: true });
  const slice: KubeObject = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    endpoints: [...ips].sort().map((ip) => ({ addresses: [ip], conditions: { ready: true } })),
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  };
  await client.apply(endpointSlices, slice, { fieldManager: 'kube-apiserver', force: true });
}
