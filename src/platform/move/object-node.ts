import { qualifiedName, type KubeObject, type OwnerReference, type Resource } from '../../kube/index.ts';
import { contentDigest } from './content.ts';

/** An object that is to be moved, without its content: what ordering and verification need of it. */
export interface ObjectNode {
  readonly resource: Resource;
  readonly name: string;
  /** undefined for objects of the cluster. */
  readonly namespace: string | undefined;
  readonly uid: string;
  /** Another one after every change of the object. */
  readonly version: string;
  readonly owners: readonly OwnerReference[];
  /** Of what it says, metadata aside. */
  readonly digest: string;
}

export function nodeOf(resource: Resource, object: KubeObject, version: string): ObjectNode {
  const { name = '', namespace, uid = '', ownerReferences: owners = [] } = object.metadata;
  return { resource, name, namespace, uid, version, owners, digest: contentDigest(object) };
}

/** `machines.cluster.x-k8s.io cpaas-system/global-kcp-x7`: the same for one object, however it was read. */
export function nodeKey(node: Pick<ObjectNode, 'resource' | 'name' | 'namespace'>): string {
  const { resource, namespace, name } = node;
  return `${qualifiedName(resource)} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** `Machine cpaas-system/global-kcp-x7`, for messages. */
export function describeNode({ resource, namespace, name }: ObjectNode): string {
  return `${resource.kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** The nodes by their resource, in the order in which each resource comes first. */
export function byResource<N extends Pick<ObjectNode, 'resource'>>(
  nodes: readonly N[],
): { readonly resource: Resource; readonly nodes: readonly N[] }[] {
  const groups = new Map<string, { resource: Resource; nodes: N[] }>();
  for (const node of nodes) {
    const id = qualifiedName(node.resource);
    const group = groups.get(id) ?? { resource: node.resource, nodes: [] };
    groups.set(id, group);
    group.nodes.push(node);
  }
  return [...groups.values()];
}
