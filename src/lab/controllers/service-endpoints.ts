import { isKubeReason, resources, storeKey, type KubeObject, type Resource } from '../../kube/index.ts';
import type { Pod, Service } from '../core-types.ts';
import { writeEndpointSlice, type ServicePort } from './endpoint-slice.ts';
import { controllerRef, sameJson } from './ownership.ts';
import { isReady, type Reconciler } from './reconciler.ts';
import { matchesSelector } from './selector.ts';

export const endpointsResource: Resource = {
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  namespaced: true,
};

/** Service with a selector -> an EndpointSlice and the older Endpoints of its Pods, ready ones and others apart. */
export function endpointsReconciler(): Reconciler {
  const services = new Map<string, { namespace: string; selector: Record<string, string> }>();
  return {
    resource: resources.services,
    watches: [
      {
        resource: resources.pods,
        mapToKeys: (pod, old) =>
          [...services]
            .filter(
              ([, { namespace, selector }]) =>
                namespace === pod.metadata.namespace &&
                [pod, old].some((p) => p && matchesSelector({ matchLabels: selector }, p.metadata.labels)),
            )
            .map(([key]) => key),
      },
    ],
    reconcile: async (context, key, stores) => {
      const service = stores.get<Service>(resources.services, key);
      const selector = service?.spec.selector;
      if (!service || !selector || Object.keys(selector).length === 0 || service.spec.type === 'ExternalName') {
        services.delete(key);
        return;
      }
      const { name = '', namespace = '' } = service.metadata;
      services.set(key, { namespace, selector });
      const addressed = stores
        .all<Pod>(resources.pods)
        .filter(
          (pod) =>
            pod.metadata.namespace === namespace &&
            pod.status?.podIP !== undefined &&
            pod.status.phase !== 'Succeeded' &&
            pod.status.phase !== 'Failed' &&
            matchesSelector({ matchLabels: selector }, pod.metadata.labels),
        )
        .sort((a, b) => (storeKey(a) < storeKey(b) ? -1 : 1));
      const pods = addressed.filter((pod) => pod.metadata.deletionTimestamp === undefined);
      await writeEndpointSlice(context, service, { pods: addressed, ports: portsOf(service, addressed) });
      const subsets = subsetsFor(service, pods);
      const current = await context.client.find(endpointsResource, { name, namespace });
      if (current && sameJson(current['subsets'] ?? [], subsets)) return;
      const wanted: KubeObject = {
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: { name, namespace, ...(service.metadata.labels && { labels: service.metadata.labels }) },
        subsets,
      };
      try {
        if (current)
          await context.client.patch(endpointsResource, { name, namespace }, { type: 'merge', body: { subsets } });
        else
          await context.client.create(endpointsResource, {
            ...wanted,
            metadata: {
              ...wanted.metadata,
              ownerReferences: [{ ...controllerRef(service), blockOwnerDeletion: false }],
            },
          });
      } catch (error) {
        // The namespace is on its way out.
        if (!isKubeReason(error, 'NotFound', 'Forbidden')) throw error;
      }
    },
  };
}

function subsetsFor(service: Service, pods: readonly Pod[]): unknown[] {
  if (pods.length === 0) return [];
  const address = (pod: Pod): unknown => ({
    ip: pod.status?.podIP,
    ...(pod.spec.nodeName !== undefined && { nodeName: pod.spec.nodeName }),
    targetRef: { kind: 'Pod', name: pod.metadata.name, namespace: pod.metadata.namespace, uid: pod.metadata.uid },
  });
  const ports = portsOf(service, pods);
  const [ready, waiting] = [pods.filter(isReady), pods.filter((pod) => !isReady(pod))];
  return [
    {
      ...(ready.length > 0 && { addresses: ready.map(address) }),
      ...(waiting.length > 0 && { notReadyAddresses: waiting.map(address) }),
      ...(ports.length > 0 && { ports }),
    },
  ];
}

function portsOf(service: Service, pods: readonly Pod[]): ServicePort[] {
  return (service.spec.ports ?? []).map((port) => ({
    ...(port.name !== undefined && { name: port.name }),
    port: targetPort(port, pods),
    protocol: port.protocol ?? 'TCP',
  }));
}

function targetPort(port: { port: number; targetPort?: number | string }, pods: readonly Pod[]): number {
  if (typeof port.targetPort === 'number') return port.targetPort;
  if (port.targetPort === undefined) return port.port;
  for (const container of pods[0]?.spec.containers ?? [])
    for (const declared of container.ports ?? []) if (declared.name === port.targetPort) return declared.containerPort;
  return port.port;
}
