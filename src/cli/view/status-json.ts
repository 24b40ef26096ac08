import type { StatusNode } from '../../observe/index.ts';

/**
 * The tree as JSON without what people wrote into its objects: the kubeadm files of a control plane hold keys, and the
 * annotation of kubectl apply holds all of it once more.
 */
export function statusOnly({ object, children, ...node }: StatusNode): unknown {
  const { apiVersion, kind, metadata } = object;
  const { name, namespace, labels, creationTimestamp, deletionTimestamp } = metadata;
  return {
    object: {
      apiVersion,
      kind,
      metadata: { name, namespace, labels, creationTimestamp, deletionTimestamp },
      status: object['status'],
    },
    ...node,
    children: children.map(statusOnly),
  };
}
