import { PLATFORM_NAMESPACE, resources, type Resource } from '../../../kube/index.ts';

/**
 * How objects get across: `etcdctl` copies keys byte for byte, so that uid, status and owners survive; `kubectl` writes
 * through the API, which gives new uids, and finds owners again.
 */
export type ImportMethod = 'etcdctl' | 'kubectl';

/** Objects of one kind to carry over, and how. */
export interface ImportItem {
  readonly resource: Resource;
  /** Whether the status is written apart from the rest. */
  readonly statusSubresource: boolean;
  /** Only these; all of the namespace when absent. */
  readonly names?: readonly string[] | undefined;
  readonly method: ImportMethod;
  /** What asked for it, for messages: `built-in`, `entry 2`. */
  readonly origin: string;
}

/** The folder of keys in which an API server keeps the objects of a custom resource in the platform's namespace. */
export function keyBaseOf(resource: Resource): string {
  const namespace = resource.namespaced ? `${PLATFORM_NAMESPACE}/` : '';
  return `/registry/${resource.group}/${resource.plural}/${namespace}`;
}

/** Where the objects of a resource are looked for. */
export function namespaceOf(resource: Resource): string | undefined {
  return resource.namespaced ? PLATFORM_NAMESPACE : undefined;
}

/**
 * The kinds that the installer carries over by itself (guide step 7: base objects do not appear in the list; the DCS
 * provider's are part of the built-in migration). Kinds that the source does not serve are left out.
 */
export const builtInResources: readonly Resource[] = [
  resources.clusters,
  resources.kubeadmControlPlanes,
  resources.machineDeployments,
  resources.machineSets,
  resources.machines,
  resources.machineHealthChecks,
  resources.kubeadmConfigTemplates,
  resources.kubeadmConfigs,
  resources.clusterResourceSets,
  resources.clusterResourceSetBindings,
  resources.dcsClusters,
  resources.dcsMachineTemplates,
  resources.dcsMachines,
  resources.dcsIpHostnamePools,
];
