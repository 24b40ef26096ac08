import { isKubeReason, resources, type KubeObject, type Resource } from '../../kube/index.ts';
import type { Pod, Service } from '../core-types.ts';
import { controllerRef, sameJson } from './ownership.ts';
import { isReady, type ControllerContext } from './reconciler.ts';

export const endpointSlices: Resource = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  namespaced: true,
};

export interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly protocol: string;
}

/** Brings a Service's one EndpointSlice to what its Pods are; `pods` have addresses and include those on their way out. */
export async function writeEndpointSlice(
  context: ControllerContext,
  service: Service,
  { pods, ports }: { pods: readonly Pod[]; ports: readonly ServicePort[] },
): Promise<void> {
  const { name: serviceName = '', namespace = '' } = service.metadata;
  const name = `${serviceName}-${context.random.suffix(5, 'endpointslice', namespace, serviceName)}`;
  const endpoints = pods.map(endpointOf);
  const listed = ports.map((port) => ({ name: port.name ?? '', port: port.port, protocol: port.protocol }));
  const current = await context.client.find(endpointSlices, { name, namespace });
  if (current && sameJson([current['endpoints'] ?? [], current['ports'] ?? []], [endpoints, listed])) return;
  if (current) {
    const body = { endpoints, ports: listed };
    await context.client.patch(endpointSlices, { name, namespace }, { type: 'merge', body });
    return;
  }
  const labels = {
    ...service.metadata.labels,
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    'kubernetes.io/service-name': serviceName,
  };
  const slice: KubeObject = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      generateName: `${serviceName}-`,
      namespace,
      labels,
      ownerReferences: [controllerRef({ ...service, apiVersion: 'v1', kind: 'Service' })],
    },
    addressType: 'IPv4',
    endpoints,
    ports: listed,
  };
  try {
    await context.client.create(endpointSlices, slice);
  } catch (error) {
    // Made in the meantime, or the namespace is on its way out.
    if (!isKubeReason(error, 'AlreadyExists', 'NotFound', 'Forbidden')) throw error;
  }
}

function endpointOf(pod: Pod): unknown {
  const { name, namespace, uid, deletionTimestamp } = pod.metadata;
  const serving = isReady(pod);
  const terminating = deletionTimestamp !== undefined;
  return {
    addresses: [pod.status?.podIP],
    conditions: { ready: serving && !terminating, serving, terminating },
    ...(pod.spec.nodeName !== undefined && { nodeName: pod.spec.nodeName }),
    targetRef: { kind: resources.pods.kind, name, namespace, uid },
  };
}
