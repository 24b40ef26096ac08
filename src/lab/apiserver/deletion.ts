import type { KubeObject } from '../../kube/index.ts';
import { withCondition } from './crd/definition-status.ts';
import { isObject } from './json.ts';
import { apiTime } from './object-lifecycle.ts';
import type { ResourceDefinition } from './resource-definition.ts';
import { conflict, invalid } from './status-error.ts';

/** DeleteOptions of a request, from its body or its query. */
export interface DeleteOptions {
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan' | undefined;
  readonly gracePeriodSeconds?: number | undefined;
  readonly preconditionUid?: string | undefined;
  readonly preconditionVersion?: string | undefined;
}

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';
const CRD_CLEANUP = 'customresourcecleanup.apiextensions.k8s.io';

/** Reads a DeleteOptions body and the query's form of the same. */
export function parseDeleteOptions(body: unknown, query: URLSearchParams): DeleteOptions & { dryRun: boolean } {
  const options = isObject(body) ? body : {};
  const preconditions = isObject(options.preconditions) ? options.preconditions : {};
  const policy = options.propagationPolicy ?? query.get('propagationPolicy') ?? undefined;
  const orphan = options.orphanDependents;
  const propagation = policy === undefined && typeof orphan === 'boolean' ? (orphan ? 'Orphan' : 'Background') : policy;
  if (propagation !== undefined && !isPropagation(propagation))
    throw invalid({ group: '', kind: 'DeleteOptions' }, '', [
      {
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: ${JSON.stringify(propagation)}: supported values: "Foreground", "Background", "Orphan", "nil"`,
        field: 'propagationPolicy',
      },
    ]);
  const grace = options.gracePeriodSeconds ?? query.get('gracePeriodSeconds') ?? undefined;
  const dryRun = options.dryRun ?? query.getAll('dryRun');
  return {
    propagation,
    gracePeriodSeconds: grace === undefined ? undefined : Number(grace),
    preconditionUid: typeof preconditions.uid === 'string' ? preconditions.uid : undefined,
    preconditionVersion: typeof preconditions.resourceVersion === 'string' ? preconditions.resourceVersion : undefined,
    dryRun: Array.isArray(dryRun) && dryRun.includes('All'),
  };
}

function isPropagation(value: unknown): value is NonNullable<DeleteOptions['propagation']> {
  return value === 'Background' || value === 'Foreground' || value === 'Orphan';
}

/** What a deletion does now: removes the object, marks it, or finds it marked already. */
export type Deletion =
  | { readonly type: 'remove'; readonly object: KubeObject }
  | { readonly type: 'mark'; readonly object: KubeObject }
  | { readonly type: 'keep'; readonly object: KubeObject };

/** Decides and, where the object is to be marked, changes it. Throws Conflict when a precondition does not hold. */
export function deletionOf(
  definition: ResourceDefinition,
  object: KubeObject,
  options: DeleteOptions,
  nowMs: number,
): Deletion {
  const { metadata } = object;
  const name = metadata.name ?? '';
  const precondition = (what: string, asked: string, found: string): Error =>
    conflict(
      definition,
      name,
      `Precondition failed: ${what} in precondition: ${asked}, ${what} in object meta: ${found}`,
    );
  if (options.preconditionUid !== undefined && options.preconditionUid !== metadata.uid)
    throw conflict(
      // Here the real server names the kind in place of the resource.
      { group: definition.group, plural: definition.kind },
      name,
      `the UID in the precondition (${options.preconditionUid}) does not match the UID in record (${metadata.uid ?? ''}). The object might have been deleted and then recreated`,
    );
  if (options.preconditionVersion !== undefined && options.preconditionVersion !== metadata.resourceVersion)
    throw precondition('ResourceVersion', options.preconditionVersion, metadata.resourceVersion ?? '');

  const isCrd = definition.group === 'apiextensions.k8s.io' && definition.plural === 'customresourcedefinitions';
  if (isCrd && metadata.deletionTimestamp === undefined) return { type: 'mark', object: terminatingCrd(object, nowMs) };

  const finalizers = new Set(metadata.finalizers ?? []);
  if (options.propagation !== undefined) {
    finalizers.delete(FOREGROUND);
    finalizers.delete(ORPHAN);
    if (options.propagation === 'Foreground') finalizers.add(FOREGROUND);
    if (options.propagation === 'Orphan') finalizers.add(ORPHAN);
  }
  const changedFinalizers = !sameMembers(finalizers, metadata.finalizers ?? []);
  if (finalizers.size > 0) metadata.finalizers = [...finalizers];
  else delete metadata.finalizers;

  const grace = definition.strategy.gracePeriodSeconds?.(object, options.gracePeriodSeconds) ?? 0;
  const isNamespace = definition.group === '' && definition.plural === 'namespaces';
  const held = finalizers.size > 0 || (isNamespace && namespaceFinalizers(object) > 0);
  if (metadata.deletionTimestamp !== undefined) {
    const shorter = grace < (metadata.deletionGracePeriodSeconds ?? 0);
    if (!held && grace === 0) return { type: 'remove', object };
    if (!shorter && !changedFinalizers) return { type: 'keep', object };
    if (shorter) metadata.deletionGracePeriodSeconds = grace;
    return { type: 'mark', object };
  }
  if (!held && grace === 0) return { type: 'remove', object };
  metadata.deletionTimestamp = apiTime(nowMs + grace * 1000);
  metadata.deletionGracePeriodSeconds = grace;
  if (typeof metadata.generation === 'number') metadata.generation++;
  if (isNamespace) object.status = { ...(isObject(object.status) ? object.status : {}), phase: 'Terminating' };
  return { type: 'mark', object };
}

/** A definition stays until its objects are gone. */
function terminatingCrd(crd: KubeObject, nowMs: number): KubeObject {
  const deletionTimestamp = apiTime(nowMs);
  const finalizers = [...new Set([...(crd.metadata.finalizers ?? []), CRD_CLEANUP])];
  return {
    ...crd,
    metadata: { ...crd.metadata, deletionTimestamp, finalizers },
    status: withCondition(
      crd,
      {
        type: 'Terminating',
        status: 'True',
        reason: 'InstanceDeletionPending',
        message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
      },
      deletionTimestamp,
    ),
  };
}

function sameMembers(set: ReadonlySet<string>, list: readonly string[]): boolean {
  return set.size === new Set(list).size && list.every((item) => set.has(item));
}

function namespaceFinalizers(object: KubeObject): number {
  const { finalizers } = (object.spec ?? {}) as { finalizers?: unknown[] };
  return (finalizers ?? []).length;
}
