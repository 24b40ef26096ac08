import type { KubeObject, ManagedFieldsEntry } from '../../../kube/index.ts';
import type { StructuralSchema } from '../../../kube/schema/index.ts';
import { compareObjects } from './compare.ts';
import type { FieldSet } from './field-set.ts';
import {
  capUpdateManagers,
  claimKey,
  decodeClaims,
  encodeClaims,
  resetsManagedFields,
  withoutUnmanaged,
  type ManagerClaim,
} from './managed-fields.ts';

export interface ManagedUpdate {
  /** The stored object; undefined on create. */
  readonly before: KubeObject | undefined;
  /** The object about to be stored; its managedFields, when set, are taken as the client's wish. */
  readonly after: KubeObject;
  readonly manager: string;
  /** Schema of the whole object; undefined for a kind that has none. */
  readonly schema: StructuralSchema | undefined;
  /** Time of the operation, RFC 3339 in seconds. */
  readonly time: string;
  readonly subresource?: string | undefined;
  /** Fields that this endpoint does not let clients write, e.g. `f:status` for the main resource of a kind with a status subresource. */
  readonly resetFields?: FieldSet | undefined;
}

/**
 * The `metadata.managedFields` after a write that is not an apply: what changed belongs to the writer now, others lose it. An
 * object that was stored without managed fields stays so.
 */
export function updateManagedFields(update: ManagedUpdate): ManagedFieldsEntry[] {
  const { before, after, schema } = update;
  const claims = startingClaims(update);
  if (claims.size === 0 && before !== undefined) return [];

  const comparison = compareObjects(schema, withoutManagedFields(before), withoutManagedFields(after));
  const reset = update.resetFields;
  const kept = (fields: FieldSet): FieldSet => (reset === undefined ? fields : fields.recursiveDifference(reset));
  const changed = kept(comparison.modified.union(comparison.added));
  const removed = kept(comparison.removed);
  for (const claim of claims.values()) claim.fields = claim.fields.difference(changed).difference(removed);

  const own = withoutUnmanaged(changed);
  if (!own.isEmpty) {
    const claim: ManagerClaim = {
      manager: update.manager,
      operation: 'Update',
      apiVersion: after.apiVersion,
      subresource: update.subresource,
      time: update.time,
      fields: own,
    };
    const previous = claims.get(claimKey(claim));
    if (previous !== undefined) claim.fields = previous.fields.union(own);
    claims.set(claimKey(claim), claim);
  }
  dropEmpty(claims);
  capUpdateManagers(claims);
  return encodeClaims(claims.values());
}

function startingClaims({ before, after, subresource }: ManagedUpdate): Map<string, ManagerClaim> {
  if (subresource !== undefined) return decodeClaims(before?.metadata.managedFields);
  if (resetsManagedFields(after)) return new Map();
  const sent = decodeClaims(after.metadata.managedFields);
  return sent.size > 0 ? sent : decodeClaims(before?.metadata.managedFields);
}

/** What comparisons look at: the list of managers itself has no owners. An absent object is one without fields. */
export function withoutManagedFields(object: KubeObject | undefined): Record<string, unknown> {
  if (object === undefined) return {};
  const metadata = { ...object.metadata };
  delete metadata.managedFields;
  return { ...object, metadata };
}

export function dropEmpty(claims: Map<string, ManagerClaim>): void {
  for (const [key, claim] of claims) if (claim.fields.isEmpty) claims.delete(key);
}
