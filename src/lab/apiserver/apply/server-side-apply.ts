import type { KubeObject, ManagedFieldsEntry } from '../../../kube/index.ts';
import { jsonEqual, type StructuralSchema } from '../../../kube/schema/index.ts';
import { badRequest } from '../status-error.ts';
import { applyConflictStatus, type FieldConflict } from './apply-conflict.ts';
import { compareObjects } from './compare.ts';
import { FieldSet } from './field-set.ts';
import { fieldSetOf, withNamedFields } from './field-set-of.ts';
import { fieldsOfLastApplied, hasLastApplied, withLastApplied } from './last-applied.ts';
import { checkListKeys } from './list-keys.ts';
import { claimKey, decodeClaims, encodeClaims, withoutUnmanaged, type ManagerClaim } from './managed-fields.ts';
import { mergeValues } from './merge-objects.ts';
import { dropEmptied, removeFields } from './remove-fields.ts';
import { dropEmpty, updateManagedFields, withoutManagedFields } from './update-managed-fields.ts';

export interface ApplyRequest {
  /** The stored object; undefined when the apply creates it. */
  readonly live: KubeObject | undefined;
  /** The applied configuration, with apiVersion, kind and metadata.name. */
  readonly applied: KubeObject;
  readonly manager: string;
  /** Takes fields over from other managers in place of a conflict. */
  readonly force: boolean;
  /** Schema of the whole object; undefined for a kind that has none. */
  readonly schema: StructuralSchema | undefined;
  /** Time of the operation, RFC 3339 in seconds. */
  readonly time: string;
  readonly subresource?: string | undefined;
  /** Fields that this endpoint does not let clients write. */
  readonly resetFields?: FieldSet | undefined;
}

/**
 * Server-side apply: the live object with the applied configuration merged in, the manager's dropped fields removed (unless
 * another manager owns them too) and `metadata.managedFields` brought up to date. Throws the API server's errors: 409 Conflict with
 * FieldManagerConflict causes, 400 for a configuration that cannot be applied.
 */
export function serverSideApply(request: ApplyRequest): KubeObject {
  const { applied, schema, manager } = request;
  if (applied.metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
  checkListKeys(schema, applied);
  const live = request.live ?? emptyLike(applied);
  const claims = claimsOf(request, live);
  const key = claimKey({
    manager,
    operation: 'Apply',
    apiVersion: applied.apiVersion,
    subresource: request.subresource,
  });
  const before = claims.get(key);

  const claim: ManagerClaim = {
    manager,
    operation: 'Apply',
    apiVersion: applied.apiVersion,
    subresource: request.subresource,
    time: before?.time,
    fields: withoutReset(request, fieldSetOf(schema, applied)),
  };
  claims.set(key, claim);

  const liveBare = withoutManagedFields(live);
  let merged = mergeValues(schema, liveBare, applied);
  if (before !== undefined) merged = pruneDropped(schema, merged, before.fields, claims);
  takeOver(request, claims, key, liveBare, merged);
  merged = dropEmptied(merged);

  claim.fields = withoutUnmanaged(claim.fields);
  const isChanged = !jsonEqual(liveBare, merged) || before === undefined || !before.fields.equals(claim.fields);
  if (isChanged) claim.time = request.time;
  dropEmpty(claims);
  const object = withManagedFields(merged as KubeObject, encodeClaims(claims.values()));
  return manager === 'kubectl' && hasLastApplied(object) ? withLastApplied(object, applied) : object;
}

function emptyLike(applied: KubeObject): KubeObject {
  const { name, namespace } = applied.metadata;
  return {
    apiVersion: applied.apiVersion,
    kind: applied.kind,
    metadata: { ...(name !== undefined && { name }), ...(namespace !== undefined && { namespace }) },
  };
}

/** An object that was stored without ownership information: what it has belongs to `before-first-apply`. */
function claimsOf(request: ApplyRequest, live: KubeObject): Map<string, ManagerClaim> {
  const claims = decodeClaims(live.metadata.managedFields);
  if (claims.size > 0 || request.live === undefined) return claims;
  const { schema, time } = request;
  return decodeClaims(
    updateManagedFields({ before: undefined, after: live, manager: 'before-first-apply', schema, time }),
  );
}

function withoutReset({ resetFields }: ApplyRequest, fields: FieldSet): FieldSet {
  return resetFields === undefined ? fields : fields.recursiveDifference(resetFields);
}

/** Removes what the manager stated last time and states no longer, but for what any manager still owns. */
function pruneDropped(
  schema: StructuralSchema | undefined,
  merged: unknown,
  last: FieldSet,
  claims: ReadonlyMap<string, ManagerClaim>,
): unknown {
  const named = (fields: FieldSet): FieldSet => withNamedFields(fields, schema);
  const owned = [...claims.values()].reduce((all, claim) => all.union(claim.fields), new FieldSet());
  const all = named(fieldSetOf(schema, merged));

  const pruned = removeFields(schema, merged, named(last));
  const gone = all.difference(named(fieldSetOf(schema, pruned)).union(named(owned)));
  const withOwned = removeFields(schema, merged, gone);
  // What fell away with a parent but was never the manager's own comes back.
  const dropped = all.difference(named(fieldSetOf(schema, withOwned))).intersection(named(last));
  return removeFields(schema, merged, dropped);
}

/** Other managers lose what this apply changes: a conflict without force, and the end of their claim with it. */
function takeOver(
  request: ApplyRequest,
  claims: ReadonlyMap<string, ManagerClaim>,
  ownKey: string,
  live: unknown,
  merged: unknown,
): void {
  const { schema, manager } = request;
  const comparison = compareObjects(schema, live, merged);
  const changed = withoutReset(request, comparison.modified.union(comparison.added));
  const removed = withoutReset(request, comparison.removed);
  const others = [...claims.entries()].filter(([key]) => key !== ownKey).map(([, claim]) => claim);
  const conflicts = others.flatMap((claim): FieldConflict[] =>
    [...claim.fields.intersection(changed).paths()].map((path) => ({ claim, path })),
  );
  if (!request.force && conflicts.length > 0) {
    // kubectl moves from client-side to server-side apply without conflicts over what it applied itself.
    const forgiven = manager === 'kubectl' ? fieldsOfLastApplied(schema, request.live) : undefined;
    const left = forgiven === undefined ? conflicts : conflicts.filter(({ path }) => !forgiven.has(path));
    if (left.length > 0) throw applyConflictStatus(left);
  }
  for (const claim of others) claim.fields = claim.fields.difference(changed).difference(removed);
}

function withManagedFields(object: KubeObject, managedFields: ManagedFieldsEntry[]): KubeObject {
  const metadata = { ...object.metadata };
  if (managedFields.length === 0) delete metadata.managedFields;
  else metadata.managedFields = managedFields;
  return { ...object, metadata };
}
