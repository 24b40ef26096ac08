import type { KubeObject, OwnerReference } from '../../../kube/index.ts';
import { annotations, type Cluster } from './objects.ts';

/** The reference that makes `owner` the controller of another object. */
export function controllerReference(owner: KubeObject): OwnerReference {
  return { ...ownerReference(owner), controller: true, blockOwnerDeletion: true };
}

export function ownerReference(owner: KubeObject): OwnerReference {
  const { name = '', uid = '' } = owner.metadata;
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid };
}

/** Adds or renews the reference to an owner (same kind and name: an import gives owners new uids) in place. */
export function ensureOwner(object: KubeObject, reference: OwnerReference): void {
  const others = (object.metadata.ownerReferences ?? []).filter(
    (o) => !(o.kind === reference.kind && o.name === reference.name),
  );
  // There may be only one controller; the one that comes takes it over.
  const demoted = reference.controller === true ? others.map(({ controller: _, ...rest }) => rest) : others;
  const present = (object.metadata.ownerReferences ?? []).find(
    (o) => o.kind === reference.kind && o.name === reference.name,
  );
  if (present && present.uid === reference.uid && present.controller === reference.controller) return;
  object.metadata.ownerReferences = [...demoted, reference];
}

export function ownerOf(object: KubeObject, kind: string): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((o) => o.kind === kind);
}

export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((o) => o.controller === true);
}

export function addFinalizer(object: KubeObject, finalizer: string): void {
  const present = object.metadata.finalizers ?? [];
  if (!present.includes(finalizer)) object.metadata.finalizers = [...present, finalizer];
}

export function removeFinalizer(object: KubeObject, finalizer: string): void {
  object.metadata.finalizers = (object.metadata.finalizers ?? []).filter((f) => f !== finalizer);
}

/** Reconciling stops for a paused Cluster and for any object that carries the pause annotation. */
export function isPaused(cluster: Cluster | undefined, object: KubeObject): boolean {
  return cluster?.spec?.paused === true || annotations.paused in (object.metadata.annotations ?? {});
}

export function beingDeleted(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}
