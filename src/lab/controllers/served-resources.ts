import { fieldAt, isKubeReason, splitApiVersion, type KubeClient, type Resource } from '../../kube/index.ts';

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** Every kind of which objects can be listed and deleted, in the version that its group prefers. */
export async function servedResources(
  client: KubeClient,
  filter: { namespaced?: boolean; signal?: AbortSignal } = {},
): Promise<Resource[]> {
  const options = filter.signal ? { signal: filter.signal } : {};
  const groups = fieldAt(await client.request('GET', '/apis', options), 'groups');
  const versions = ['v1'];
  if (Array.isArray(groups))
    for (const group of groups) {
      const preferred = fieldAt(group, 'preferredVersion', 'groupVersion');
      if (typeof preferred === 'string') versions.push(preferred);
    }
  const found: Resource[] = [];
  for (const apiVersion of versions) {
    let served: ApiResource[] = [];
    try {
      const answer = await client.request('GET', apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`, options);
      served = (fieldAt(answer, 'resources') ?? []) as ApiResource[];
    } catch (error) {
      // The group went away between the two requests.
      if (!isKubeReason(error, 'NotFound')) throw error;
    }
    for (const { name, kind, namespaced, verbs } of served) {
      if (name.includes('/') || !['list', 'delete', 'watch'].every((verb) => verbs.includes(verb))) continue;
      if (filter.namespaced !== undefined && filter.namespaced !== namespaced) continue;
      found.push({ ...splitApiVersion(apiVersion), kind, plural: name, namespaced });
    }
  }
  return found;
}
