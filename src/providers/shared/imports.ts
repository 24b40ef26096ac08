import { PLATFORM_NAMESPACE, qualifiedName, type Resource } from '../../kube/index.ts';
import type { ImportEntry } from './site-fields.ts';

/** Objects of an infrastructure kind, carried over by their etcd keys. */
export function importByEtcd(resource: Resource, names?: string[]): ImportEntry {
  return {
    resource: qualifiedName(resource),
    ...(names && { names }),
    etcdKeyBase: `/registry/${resource.group}/${resource.plural}/${PLATFORM_NAMESPACE}/`,
    method: 'etcdctl',
  };
}

/** Secrets go through the API, since their bytes in etcd are encrypted. */
export function importSecrets(...names: string[]): ImportEntry {
  return { resource: 'secrets', names, method: 'kubectl' };
}
