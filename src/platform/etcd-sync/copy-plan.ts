import { prefixRange, type KeyRange, type KeyValue } from '../../etcd/index.ts';
import { fieldAt, type KubeObject } from '../../kube/index.ts';
import { folderOf } from './registry-key.ts';

/**
 * What is copied before what: owners before the objects that they own, as Cluster API has it. What is left goes last, ordered by
 * the owner references of its objects.
 */
const folders: readonly (readonly string[])[] = [
  [folderOf('', 'namespaces')],
  [folderOf('cluster.x-k8s.io', 'clusters'), folderOf('cluster.x-k8s.io', 'clusterclasses')],
  ['/registry/controlplane.cluster.x-k8s.io/', folderOf('cluster.x-k8s.io', 'machinedeployments')],
  [folderOf('cluster.x-k8s.io', 'machinesets'), folderOf('cluster.x-k8s.io', 'machinepools')],
  [folderOf('cluster.x-k8s.io', 'machines')],
  ['/registry/bootstrap.cluster.x-k8s.io/', '/registry/infrastructure.cluster.x-k8s.io/'],
];
const LAST = '/registry/secrets/';
const ALL = '/registry/';

export function copyStages(): readonly (readonly KeyRange[])[] {
  const named = folders.map((stage) => stage.map((folder) => prefixRange(folder)));
  const last = prefixRange(LAST);
  return [...named, remainder([...named.flat(), last]), [last]];
}

/** Ranges whose digests are compared one by one. */
export function checkRanges(): readonly KeyRange[] {
  return copyStages().flat();
}

/** What of `/registry/` lies outside of the ranges, which do not overlap. */
function remainder(ranges: readonly KeyRange[]): KeyRange[] {
  const all = prefixRange(ALL);
  const sorted = [...ranges].sort((a, b) => Buffer.compare(a.key, b.key));
  const left: KeyRange[] = [];
  let from = all.key;
  for (const { key, rangeEnd } of sorted) {
    if (Buffer.compare(from, key) < 0) left.push({ key: from, rangeEnd: key });
    from = rangeEnd ?? key;
  }
  return [...left, { key: from, rangeEnd: all.rangeEnd }];
}

/** The uids of an object and of its owners, when it has any and is kept as JSON. */
export function ownersOf({ value }: KeyValue): { readonly id: string; readonly owners: readonly string[] } | undefined {
  if (value[0] !== 0x7b || !Buffer.from(value.buffer, value.byteOffset, value.byteLength).includes('"ownerReferences"'))
    return undefined;
  try {
    const { metadata } = JSON.parse(Buffer.from(value).toString('utf8')) as KubeObject;
    const owners = (metadata.ownerReferences ?? []).flatMap((owner) => {
      const uid = fieldAt(owner, 'uid');
      return typeof uid === 'string' ? [uid] : [];
    });
    return owners.length === 0 ? undefined : { id: metadata.uid ?? '', owners };
  } catch {
    return undefined;
  }
}
