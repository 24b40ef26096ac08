import type { KubeObject } from '../../../kube/index.ts';
import { isJsonObject, type StructuralSchema } from '../../../kube/schema/index.ts';
import { compareObjects } from './compare.ts';
import type { FieldSet } from './field-set.ts';
import { fieldSetOf } from './field-set-of.ts';
import { withoutManagedFields } from './update-managed-fields.ts';

/** Where client-side `kubectl apply` keeps the configuration that it applied. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

export function hasLastApplied(object: KubeObject): boolean {
  return (object.metadata.annotations?.[LAST_APPLIED] ?? '') !== '';
}

/** The object with the annotation brought up to date, so that a later client-side apply starts from the right state. */
export function withLastApplied(object: KubeObject, applied: KubeObject): KubeObject {
  const annotations = { ...applied.metadata.annotations };
  Reflect.deleteProperty(annotations, LAST_APPLIED);
  const configuration = { ...applied, metadata: { ...applied.metadata, annotations } };
  const text = `${JSON.stringify(configuration)}\n`;
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [LAST_APPLIED]: text } },
  };
}

/**
 * The fields that the annotation states and that still have the value it states: client-side apply owns them, so server-side
 * apply by kubectl may change them without a conflict. undefined when there is no usable annotation.
 */
export function fieldsOfLastApplied(
  schema: StructuralSchema | undefined,
  live: KubeObject | undefined,
): FieldSet | undefined {
  const lastApplied = live === undefined ? undefined : parse(live.metadata.annotations?.[LAST_APPLIED]);
  if (live === undefined || lastApplied?.['apiVersion'] !== live.apiVersion) return undefined;
  const { added, modified, removed } = compareObjects(schema, lastApplied, withoutManagedFields(live));
  return fieldSetOf(schema, lastApplied).difference(modified).difference(added).difference(removed);
}

function parse(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
