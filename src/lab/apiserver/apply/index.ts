/**
 * Patches and field ownership of the API server, as pure functions over JSON objects: server-side apply, managed fields, JSON
 * patch, merge patch and strategic merge patch.
 * Faithful to k8s.io/apimachinery (managedfields, strategicpatch) in results and messages; the code is our own.
 */
export { FieldSet } from './field-set.ts';
export { fieldElement, type PathElement } from './path-element.ts';
export { serverSideApply, type ApplyRequest } from './server-side-apply.ts';
export { updateManagedFields, type ManagedUpdate } from './update-managed-fields.ts';
export { applyJsonPatch } from './json-patch.ts';
export { applyMergePatch } from './merge-patch.ts';
export { applyStrategicMergePatch } from './strategic-merge-patch.ts';
