import type { KubeObject, ManagedFieldsEntry } from '../../../kube/index.ts';
import { FieldSet } from './field-set.ts';
import { fieldElement } from './path-element.ts';

/** One manager's claim: an entry of `metadata.managedFields`, decoded. */
export interface ManagerClaim {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string | undefined;
  time: string | undefined;
  fields: FieldSet;
}

/** Beyond this many entries of operation Update the oldest are merged into one. */
const MAX_UPDATE_MANAGERS = 10;
const ANCIENT = 'ancient-changes';

const METADATA_OF_THE_SERVER = [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'generation',
  'managedFields',
  'resourceVersion',
];
const UNMANAGED = FieldSet.of(
  [fieldElement('apiVersion')],
  [fieldElement('kind')],
  [fieldElement('metadata')],
  ...METADATA_OF_THE_SERVER.map((name) => [fieldElement('metadata'), fieldElement(name)]),
);

/** The set without the identity and the bookkeeping of an object, which nobody owns. */
export function withoutUnmanaged(fields: FieldSet): FieldSet {
  return fields.difference(UNMANAGED);
}

/** Applying managers keep their entry across API versions, updating managers have one for each version. */
export function claimKey(claim: Pick<ManagerClaim, 'manager' | 'operation' | 'apiVersion' | 'subresource'>): string {
  const apiVersion = claim.operation === 'Apply' ? '' : claim.apiVersion;
  return JSON.stringify([claim.manager, claim.operation, apiVersion, claim.subresource ?? '']);
}

/** The claims of an object by key. Entries that make no sense are left out, as a server that cannot decode them does. */
export function decodeClaims(entries: readonly ManagedFieldsEntry[] | undefined): Map<string, ManagerClaim> {
  const claims = new Map<string, ManagerClaim>();
  for (const entry of Array.isArray(entries) ? (entries as readonly Partial<ManagedFieldsEntry>[]) : []) {
    const { manager = '', operation, apiVersion = '', fieldsV1, subresource, time } = entry;
    if ((operation !== 'Apply' && operation !== 'Update') || apiVersion === '') continue;
    const claim: ManagerClaim = {
      manager,
      operation,
      apiVersion,
      subresource: subresource === '' ? undefined : subresource,
      time,
      fields: FieldSet.decode(fieldsV1 ?? {}),
    };
    claims.set(claimKey(claim), claim);
  }
  return claims;
}

/** `metadata.managedFields`, without empty claims, in the order of the API server: Apply first, then by time and name. */
export function encodeClaims(claims: Iterable<ManagerClaim>): ManagedFieldsEntry[] {
  return [...claims]
    .filter((claim) => !claim.fields.isEmpty)
    .sort(compareClaims)
    .map(({ manager, operation, apiVersion, subresource, time, fields }) => ({
      manager,
      operation,
      apiVersion,
      ...(time !== undefined && { time }),
      fieldsType: 'FieldsV1' as const,
      fieldsV1: fields.encode(),
      ...(subresource !== undefined && { subresource }),
    }));
}

function compareClaims(a: ManagerClaim, b: ManagerClaim): number {
  return (
    compareText(a.operation, b.operation) ||
    compareText(a.time ?? '', b.time ?? '') ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource ?? '', b.subresource ?? '')
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Merges the oldest updaters of a version into `ancient-changes` until few enough are left. Changes `claims`. */
export function capUpdateManagers(claims: Map<string, ManagerClaim>): void {
  const updaters = [...claims.values()].filter((claim) => claim.operation === 'Update').sort(compareClaims);
  let excess = updaters.length - MAX_UPDATE_MANAGERS;
  const firstOfVersion = new Map<string, ManagerClaim>();
  for (const claim of updaters) {
    if (excess <= 0) return;
    const first = firstOfVersion.get(claim.apiVersion);
    if (first === undefined) {
      firstOfVersion.set(claim.apiVersion, claim);
      continue;
    }
    const bucket: ManagerClaim = {
      manager: ANCIENT,
      operation: 'Update',
      apiVersion: claim.apiVersion,
      subresource: undefined,
      time: claim.time,
      fields: first.fields.union(claim.fields),
    };
    claims.delete(claimKey(first));
    claims.delete(claimKey(claim));
    claims.set(claimKey(bucket), bucket);
    firstOfVersion.set(claim.apiVersion, bucket);
    excess--;
  }
}

/** A client that sends an empty list, or one empty entry, gives up all ownership information. */
export function resetsManagedFields(object: KubeObject): boolean {
  const entries: unknown = object.metadata.managedFields;
  if (!Array.isArray(entries)) return false;
  const [only] = entries as unknown[];
  return (
    entries.length === 0 ||
    (entries.length === 1 && typeof only === 'object' && only !== null && Object.keys(only).length === 0)
  );
}
