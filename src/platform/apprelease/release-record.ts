import { resources, type KubeClient } from '../../kube/index.ts';
import type { ReleaseRef } from '../helm/index.ts';

export interface ReleaseRecord {
  /** Helm's revision number. */
  readonly revision: number;
  /** deployed, failed, pending-install, pending-upgrade, pending-rollback, uninstalling. */
  readonly status: string;
}

/**
 * The newest revision of a release as Helm has recorded it: Secrets of type `helm.sh/release.v1` with the labels owner, name,
 * status and version. Reading them takes one request where asking Helm takes a process.
 */
export async function readReleaseRecord(
  client: KubeClient,
  { name, namespace }: ReleaseRef,
  signal?: AbortSignal,
): Promise<ReleaseRecord | undefined> {
  const { items } = await client.list(resources.secrets, {
    namespace,
    labelSelector: `owner=helm,name=${name}`,
    signal,
  });
  return items
    .map(({ metadata: { labels = {} } }) => ({ revision: Number(labels['version']), status: labels['status'] ?? '' }))
    .sort((a, b) => b.revision - a.revision)[0];
}
