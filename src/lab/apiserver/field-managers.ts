import type { KubeObject } from '../../kube/index.ts';
import { FieldSet, fieldElement, updateManagedFields } from './apply/index.ts';
import { apiTime } from './object-lifecycle.ts';
import { versionOf, type ResourceDefinition } from './resource-definition.ts';
import type { SchemaGate } from './schema-gate.ts';
import type { WriteRequest } from './write-request.ts';

const STATUS = FieldSet.of([fieldElement('status')]);
const ALL_BUT_STATUS = FieldSet.of([fieldElement('spec')], [fieldElement('metadata')]);

/** The fields that an endpoint does not write: they are owned by nobody who writes there. */
export function fieldsNotWritable(
  definition: ResourceDefinition,
  version: string,
  subresource: string | undefined,
): FieldSet | undefined {
  if (versionOf(definition, version)?.status !== true) return undefined;
  if (subresource === 'status' || subresource === 'approval') return ALL_BUT_STATUS;
  return definition.strategy.keepStatusOnCreate ? undefined : STATUS;
}

/** Keeps the record of who owns which field, `metadata.managedFields`, for writes other than server-side apply. */
export class FieldManagers {
  readonly #schemas: SchemaGate;
  readonly #now: () => number;

  constructor(schemas: SchemaGate, now: () => number) {
    this.#schemas = schemas;
    this.#now = now;
  }

  /** Brings the record of `after` up to date. Changes it. */
  async recordUpdate(write: {
    readonly definition: ResourceDefinition;
    readonly version: string;
    readonly before: KubeObject | undefined;
    readonly after: KubeObject;
    readonly request: WriteRequest;
  }): Promise<void> {
    const { definition, version, before, after, request } = write;
    const managedFields = updateManagedFields({
      before,
      after,
      manager: request.fieldManager,
      schema: await this.#schemas.schemaOf(definition, version),
      time: apiTime(this.#now()),
      subresource: request.subresource,
      resetFields: fieldsNotWritable(definition, version, request.subresource),
    });
    if (managedFields.length > 0) after.metadata.managedFields = managedFields;
    else delete after.metadata.managedFields;
  }
}
