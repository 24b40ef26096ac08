import { PLATFORM_NAMESPACE, resources, type KubeClient, type KubeObject, type Resource } from '../../kube/index.ts';
import { definedResource } from '../move/index.ts';

/** An object beside the resource that it was read from. */
export interface StoredObject {
  readonly resource: Resource;
  readonly object: KubeObject;
}

/**
 * What a backup holds, definitions first, page by page: every CustomResourceDefinition; every custom resource of the platform's
 * namespace and of the cluster itself (Cluster API, the providers, AppReleases, modules); Secrets and ConfigMaps of that namespace.
 */
export async function* objectsToBackUp(
  client: KubeClient,
  signal?: AbortSignal,
): AsyncGenerator<StoredObject, void, void> {
  const defined: Resource[] = [];
  for await (const { items } of client.listPages(resources.customResourceDefinitions, { signal }))
    for (const object of items) {
      defined.push(definedResource(object).resource);
      yield { resource: resources.customResourceDefinitions, object };
    }
  for (const resource of [...defined, resources.secrets, resources.configMaps]) {
    const namespace = resource.namespaced ? PLATFORM_NAMESPACE : undefined;
    for await (const { items } of client.listPages(resource, { namespace, signal }))
      for (const object of items) yield { resource, object };
  }
}
