import { isCounterpart, isKubeReason, type KubeClient } from '../../kube/index.ts';
import type { ObjectNode } from './object-node.ts';

/**
 * Removes the copy of an object from the target, and nothing else that has its name. Its finalizers go first: they are the
 * source's, whose controllers keep the real thing; nobody here may be asked to destroy it. Resolves with whether there was one.
 */
export async function takeBack(target: KubeClient, node: ObjectNode, signal?: AbortSignal): Promise<boolean> {
  const { resource, name, namespace, uid: sourceUid } = node;
  const ref = { name, namespace };
  const present = await target.find(resource, ref, signal);
  if (present === undefined || !isCounterpart(present, sourceUid)) return false;
  const { uid = '', resourceVersion, finalizers = [] } = present.metadata;
  try {
    if (finalizers.length > 0)
      await target.patch(
        resource,
        ref,
        { type: 'merge', body: { metadata: { uid, resourceVersion, finalizers: null } } },
        { signal },
      );
    await target.delete(resource, ref, { uid, signal });
  } catch (error) {
    if (!isKubeReason(error, 'NotFound')) throw error;
  }
  return true;
}
