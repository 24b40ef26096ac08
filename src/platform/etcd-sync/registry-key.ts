/** What the key of an object in etcd says about it. */
export interface RegistryKey {
  /** Empty for the built-in kinds, whose keys carry none (but for those that came late: apiregistration.k8s.io and the like). */
  readonly group: string;
  /** Plural, as API servers name the folder: `minions` for nodes, `services/specs` for Services. */
  readonly resource: string;
  /** undefined for an object of the whole cluster. */
  readonly namespace: string | undefined;
  readonly name: string;
}

const ROOT = '/registry/';
/** Folders of built-in kinds that have one more level. */
const DEEP = new Set(['services']);

/** undefined for a key that is no object's. */
export function parseRegistryKey(key: Uint8Array): RegistryKey | undefined {
  const text = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
  if (!text.startsWith(ROOT)) return undefined;
  const parts = text.slice(ROOT.length).split('/');
  const [first = ''] = parts;
  const group = first.includes('.') ? first : '';
  const folders = group !== '' || DEEP.has(first) ? 2 : 1;
  const [a, b, ...more] = parts.slice(folders);
  if (a === undefined || more.length > 0) return undefined;
  const resource = group === '' ? parts.slice(0, folders).join('/') : (parts[1] ?? '');
  return b === undefined
    ? { group, resource, namespace: undefined, name: a }
    : { group, resource, namespace: a, name: b };
}

/** `/registry/cluster.x-k8s.io/machines/`. */
export function folderOf(group: string, resource: string): string {
  return group === '' ? `${ROOT}${resource}/` : `${ROOT}${group}/${resource}/`;
}
