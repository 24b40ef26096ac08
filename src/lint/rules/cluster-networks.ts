import { fieldAt } from '../../kube/index.ts';
import { listAt, parseRange, type FieldPath, type IpRange, type PlacedObject } from '../../providers/index.ts';

export type NetworkUse = 'pods' | 'services' | 'join';

/** A network of the cluster itself, as it is written. */
export interface ClusterNetwork {
  readonly use: NetworkUse;
  readonly name: string;
  readonly path: FieldPath;
  readonly written: unknown;
  /** Undefined when it cannot be read. */
  readonly range: IpRange | undefined;
}

const names: Readonly<Record<NetworkUse, string>> = {
  pods: 'the Pod network',
  services: 'the Service network',
  join: 'the Kube-OVN join network',
};

/** Pod, Service and join networks of a Cluster; the first two stand in the list even when nothing is written. */
export function clusterNetworks({ object }: PlacedObject): ClusterNetwork[] {
  const blocks = (use: 'pods' | 'services'): [NetworkUse, FieldPath][] => {
    const list = ['spec', 'clusterNetwork', use, 'cidrBlocks'];
    const count = Math.max(1, listAt(object, list).length);
    return Array.from({ length: count }, (_, index) => [use, [...list, index]]);
  };
  const join = ['metadata', 'annotations', 'cpaas.io/kube-ovn-join-cidr'];
  const joined = fieldAt(object, ...join);
  // With two families of addresses the annotation holds both, with a comma between them.
  const parts: readonly unknown[] = typeof joined === 'string' && joined.includes(',') ? joined.split(',') : [joined];
  const fields: [NetworkUse, FieldPath, unknown][] = [
    ...[...blocks('pods'), ...blocks('services')].map(([use, path]): [NetworkUse, FieldPath, unknown] => [
      use,
      path,
      fieldAt(object, ...path),
    ]),
    ...parts.map((part): [NetworkUse, FieldPath, unknown] => ['join', join, part]),
  ];
  return fields.map(([use, path, written]) => ({ use, name: names[use], path, written, range: parseRange(written) }));
}
