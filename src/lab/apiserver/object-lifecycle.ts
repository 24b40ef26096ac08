import type { KubeObject, ObjectMeta } from '../../kube/index.ts';
import { cloneJson, equalJson } from './json.ts';
import { labelErrors, metadataErrors, nameErrors } from './names.ts';
import { groupVersion, versionOf, type ResourceDefinition, type StrategyContext } from './resource-definition.ts';
import { badRequest, invalid } from './status-error.ts';

/** What the server does to the metadata, generation and status of every object on its way into the store. */

/** RFC 3339 with whole seconds, as the API writes times. */
export function apiTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** Checks and completes an object that is about to be created. Changes it. */
export function beforeCreate(
  definition: ResourceDefinition,
  version: string,
  object: KubeObject,
  options: { readonly namespace: string | undefined; readonly uid: string; readonly strategy: StrategyContext },
): void {
  const { metadata } = object;
  if ((metadata.resourceVersion ?? '') !== '')
    throw badRequest('resourceVersion should not be set on objects to be created');
  const { name = '' } = metadata;
  const causes = [
    ...nameErrors(definition, name),
    ...labelErrors(metadata.labels),
    ...metadataErrors(definition, metadata),
  ];
  if (causes.length > 0) throw invalid(definition, name, causes);
  object.metadata = createdMetadata(metadata, definition, options);
  object.apiVersion = groupVersion(definition, version);
  object.kind = definition.kind;
  const { strategy } = definition;
  if (hasStatus(definition, version) && !strategy.keepStatusOnCreate) delete object.status;
  strategy.applyDefaults?.(object);
  strategy.prepareForCreate?.(object, options.strategy);
  if (strategy.generation) object.metadata.generation = 1;
}

function createdMetadata(
  given: ObjectMeta,
  definition: ResourceDefinition,
  options: { readonly namespace: string | undefined; readonly uid: string; readonly strategy: StrategyContext },
): ObjectMeta {
  const { name, generateName, labels, annotations, finalizers, ownerReferences, managedFields } = given;
  return {
    ...(name !== undefined && { name }),
    ...(generateName !== undefined && generateName !== '' && { generateName }),
    ...(definition.namespaced && options.namespace !== undefined && { namespace: options.namespace }),
    uid: options.uid,
    creationTimestamp: apiTime(options.strategy.nowMs),
    ...(labels && Object.keys(labels).length > 0 && { labels }),
    ...(annotations && Object.keys(annotations).length > 0 && { annotations }),
    ...(finalizers && finalizers.length > 0 && { finalizers: [...new Set(finalizers)] }),
    ...(ownerReferences && ownerReferences.length > 0 && { ownerReferences }),
    ...(managedFields && { managedFields }),
  };
}

/** The new state as it will be stored: what a write may not touch is taken from the old state. */
export function beforeUpdate(
  definition: ResourceDefinition,
  proposed: KubeObject,
  old: KubeObject,
  options: { readonly subresource: string | undefined; readonly strategy: StrategyContext },
): KubeObject {
  const { strategy } = definition;
  const next =
    options.subresource === 'status' || options.subresource === 'approval'
      ? statusUpdate(definition, proposed, old)
      : mainUpdate(definition, proposed, old);
  checkMetadata(definition, proposed, old, next);
  if (options.subresource === undefined) {
    strategy.applyDefaults?.(next);
    strategy.prepareForUpdate?.(next, old, options.strategy);
  } else strategy.prepareForSubresource?.(next, old, { ...options.strategy, subresource: options.subresource });
  if (strategy.generation) {
    const before = old.metadata.generation ?? 1;
    const changed =
      !equalJson(content(next), content(old)) ||
      (strategy.annotationsCount === true && !equalJson(next.metadata.annotations, old.metadata.annotations));
    // A binding names the node of a Pod and counts as little as a status does.
    const raise = options.subresource === undefined && changed;
    next.metadata.generation = raise ? before + 1 : before;
  }
  return next;
}

/** What generation counts changes of. Without a status subresource a custom resource's status counts too. */
function content(object: KubeObject): Record<string, unknown> {
  const { metadata: _, apiVersion: __, kind: ___, ...rest } = object;
  return rest;
}

function hasStatus(definition: ResourceDefinition, version: string): boolean {
  return versionOf(definition, version)?.status === true;
}

function mainUpdate(definition: ResourceDefinition, proposed: KubeObject, old: KubeObject): KubeObject {
  const next: KubeObject = { ...proposed, metadata: updatedMetadata(proposed.metadata, old.metadata) };
  const version = old.apiVersion.split('/').at(-1) ?? '';
  if (hasStatus(definition, version)) {
    if (old.status === undefined) delete next.status;
    else next.status = cloneJson(old.status);
  }
  return next;
}

/** A write to `/status` (or the `/approval` of a signing request) changes the status alone; node agents also write labels and annotations of their own there. */
function statusUpdate(definition: ResourceDefinition, proposed: KubeObject, old: KubeObject): KubeObject {
  const metadata: ObjectMeta = { ...cloneJson(old.metadata) };
  if (proposed.metadata.managedFields) metadata.managedFields = proposed.metadata.managedFields;
  if (definition.definedBy === undefined) {
    if (proposed.metadata.labels) metadata.labels = proposed.metadata.labels;
    if (proposed.metadata.annotations) metadata.annotations = proposed.metadata.annotations;
  }
  const next: KubeObject = { ...cloneJson(old), metadata };
  if (proposed.status === undefined) delete next.status;
  else next.status = proposed.status;
  return next;
}

/** Labels, annotations, finalizers and owners are the writer's; the rest of the metadata is the server's. */
function updatedMetadata(proposed: ObjectMeta, old: ObjectMeta): ObjectMeta {
  const { labels, annotations, finalizers, ownerReferences, managedFields } = proposed;
  const kept: ObjectMeta = { ...old };
  delete kept.labels;
  delete kept.annotations;
  delete kept.finalizers;
  delete kept.ownerReferences;
  delete kept.managedFields;
  return {
    ...kept,
    ...(labels && Object.keys(labels).length > 0 && { labels }),
    ...(annotations && Object.keys(annotations).length > 0 && { annotations }),
    ...(finalizers && finalizers.length > 0 && { finalizers: [...new Set(finalizers)] }),
    ...(ownerReferences && ownerReferences.length > 0 && { ownerReferences }),
    // An explicit empty list clears the record; leaving it out keeps it.
    ...(managedFields ? { managedFields } : old.managedFields && { managedFields: old.managedFields }),
  };
}

function checkMetadata(definition: ResourceDefinition, proposed: KubeObject, old: KubeObject, next: KubeObject): void {
  const causes = labelErrors(next.metadata.labels);
  for (const field of ['name', 'namespace'] as const) {
    const given = proposed.metadata[field];
    if (given !== undefined && given !== '' && given !== (old.metadata[field] ?? given))
      causes.push({
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify(given)}: field is immutable`,
        field: `metadata.${field}`,
      });
  }
  if (old.metadata.deletionTimestamp !== undefined) {
    const before = new Set(old.metadata.finalizers ?? []);
    const added = (next.metadata.finalizers ?? []).filter((f) => !before.has(f));
    if (added.length > 0) {
      const list = added.map((f) => JSON.stringify(f)).join(', ');
      causes.push({
        reason: 'FieldValueForbidden',
        message: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
        field: 'metadata.finalizers',
      });
    }
  }
  if (causes.length > 0) throw invalid(definition, old.metadata.name ?? '', causes);
}
