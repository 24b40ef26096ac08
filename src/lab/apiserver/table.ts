import type { KubeObject } from '../../kube/index.ts';
import type { Column, ResourceDefinition } from './resource-definition.ts';
import { versionOf } from './resource-definition.ts';
import { printedAge } from './builtin/columns.ts';

/** Tables: what `kubectl get` prints, computed by the server (meta.k8s.io/v1 Table). */

export type IncludeObject = 'None' | 'Metadata' | 'Object';

const NAME: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace. Is required when creating resources.',
  value: (object) => object.metadata.name,
};
const CREATED: Column = {
  name: 'Created At',
  type: 'date',
  description: 'CreationTimestamp is the time at which the object was made.',
  value: (object) => object.metadata.creationTimestamp,
};
const AGE: Column = {
  name: 'Age',
  type: 'string',
  description: 'Time since the object was made.',
  value: (object, nowMs) => printedAge(object.metadata.creationTimestamp, nowMs),
};

/** Columns of a version. Custom resources always begin with their name; without columns of their own they show their age. */
export function columnsOf(definition: ResourceDefinition, version: string): readonly Column[] {
  const own = versionOf(definition, version)?.columns;
  if (definition.definedBy === undefined) return own ?? [NAME, CREATED];
  return [NAME, ...(own ?? [AGE])];
}

export interface TableOptions {
  readonly includeObject: IncludeObject;
  readonly nowMs: number;
}

export function tableOf(
  definition: ResourceDefinition,
  version: string,
  objects: readonly KubeObject[],
  metadata: Record<string, unknown>,
  options: TableOptions,
): Record<string, unknown> {
  const columns = columnsOf(definition, version);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns.map(({ name, type, format, description, priority }) => ({
      name,
      type,
      format: format ?? '',
      description: description ?? '',
      priority: priority ?? 0,
    })),
    rows: objects.map((object) => ({
      cells: columns.map((column) => cell(definition, column, object, options.nowMs)),
      ...rowObject(object, options.includeObject),
    })),
  };
}

/** A date of a custom resource is printed as an age, that of a built-in kind as it stands. */
function cell(definition: ResourceDefinition, column: Column, object: KubeObject, nowMs: number): unknown {
  const value = column.value(object, nowMs) ?? null;
  if (definition.definedBy === undefined || column.type !== 'date' || typeof value !== 'string') return value;
  return Number.isNaN(Date.parse(value)) ? value : printedAge(value, nowMs);
}

function rowObject(object: KubeObject, include: IncludeObject): Record<string, unknown> {
  if (include === 'None') return { object: null };
  return { object: include === 'Object' ? object : partialMetadata(object) };
}

export function partialMetadata(object: KubeObject): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}
