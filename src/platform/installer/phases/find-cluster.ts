import { GlobalctlError } from '../../../base/index.ts';
import {
  fieldAt,
  PLATFORM_NAMESPACE,
  resources,
  type KubeClient,
  type KubeObject,
  type Resource,
} from '../../../kube/index.ts';
import type { Phase } from '../phase.ts';
import { GLOBAL } from '../payload.ts';
import type { InstallerRequest } from '../request.ts';

/** Kinds whose networks and endpoint come with the request; the others' come with their manifest (guide step 8). */
const NETWORKS_IN_REQUEST = new Set(['DCSCluster', 'BaremetalCluster']);

export function needsClusterBlock(infraKind: string): boolean {
  return NETWORKS_IN_REQUEST.has(infraKind);
}

/** `Cluster/global` and its infra cluster, both looked up by that literal name (naming rules, mode A). */
export async function findGlobalCluster(
  source: KubeClient,
  signal?: AbortSignal,
): Promise<{ readonly cluster: KubeObject; readonly infra: KubeObject; readonly infraResource: Resource }> {
  const ref = { name: GLOBAL, namespace: PLATFORM_NAMESPACE };
  const cluster = await source.find(resources.clusters, ref, signal);
  if (cluster === undefined) throw await notFound(source, resources.clusters, signal);
  const apiVersion = fieldAt(cluster, 'spec', 'infrastructureRef', 'apiVersion');
  const kind = fieldAt(cluster, 'spec', 'infrastructureRef', 'kind');
  if (typeof apiVersion !== 'string' || typeof kind !== 'string')
    throw new GlobalctlError('INSTALLER_NOT_FOUND', {
      message: 'the Cluster names no infra cluster',
      subject: `Cluster ${PLATFORM_NAMESPACE}/${GLOBAL}, spec.infrastructureRef`,
    });
  const infraResource = await source.resolve(apiVersion, kind, signal);
  const infra = await source.find(infraResource, ref, signal);
  if (infra === undefined) throw await notFound(source, infraResource, signal);
  return { cluster, infra, infraResource };
}

async function notFound(source: KubeClient, resource: Resource, signal?: AbortSignal): Promise<GlobalctlError> {
  const { items } = await source.list(resource, { signal });
  const present = items.map((o) => `${o.metadata.namespace ?? ''}/${o.metadata.name ?? ''}`);
  return new GlobalctlError('INSTALLER_NOT_FOUND', {
    message: `there is no ${resource.kind} called ${GLOBAL} in ${PLATFORM_NAMESPACE}`,
    subject: `${resource.kind} ${PLATFORM_NAMESPACE}/${GLOBAL}`,
    expected: `${resource.kind} ${PLATFORM_NAMESPACE}/${GLOBAL}`,
    found: present.length === 0 ? 'none' : present.join(', '),
  });
}

/** Whether the request carries `cluster` where this kind of infra cluster needs it, and only there; the fault otherwise. */
export function clusterBlockFault(infraKind: string, request: InstallerRequest): string | undefined {
  const wanted = needsClusterBlock(infraKind);
  if (wanted && request.cluster === undefined) return `is required for ${infraKind}`;
  if (!wanted && request.cluster !== undefined)
    return `must be absent for ${infraKind}: its networks and endpoint come from the manifest`;
  return undefined;
}

export const findClusterPhase: Phase = {
  id: 'find-cluster',
  title: 'Find Cluster/global',
  run: async ({ source, request, signal, log }) => {
    const { cluster, infra } = await findGlobalCluster(source, signal);
    const fault = clusterBlockFault(infra.kind, request);
    if (fault !== undefined)
      throw new GlobalctlError('INSTALLER_REQUEST_INVALID', { message: `/cluster ${fault}`, subject: '/cluster' });
    log(`found ${cluster.kind} and ${infra.kind} ${PLATFORM_NAMESPACE}/${GLOBAL}`);
  },
};
