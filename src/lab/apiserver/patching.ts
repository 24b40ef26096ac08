import type { KubeObject } from '../../kube/index.ts';
import { applyJsonPatch, applyMergePatch, applyStrategicMergePatch, serverSideApply } from './apply/index.ts';
import { fieldsNotWritable } from './field-managers.ts';
import type { Exchange } from './http/exchange.ts';
import { isObject } from './json.ts';
import type { ObjectWriter } from './object-writer.ts';
import { apiTime } from './object-lifecycle.ts';
import type { SchemaGate } from './schema-gate.ts';
import { badRequest, invalid, notFound, unsupportedMediaType } from './status-error.ts';
import type { Target, Transform, WriteRequest, WriteResult } from './write-request.ts';

const APPLY = 'application/apply-patch+yaml';

/** PATCH in its four forms: JSON patch, merge patch, strategic merge patch (built-in kinds), server-side apply. */
export class Patcher {
  readonly #writer: ObjectWriter;
  readonly #schemas: SchemaGate;
  readonly #now: () => number;

  constructor(parts: { writer: ObjectWriter; schemas: SchemaGate; now: () => number }) {
    this.#writer = parts.writer;
    this.#schemas = parts.schemas;
    this.#now = parts.now;
  }

  async patch(target: Target, exchange: Exchange, request: WriteRequest): Promise<WriteResult> {
    const { type } = exchange.contentType;
    const body = await exchange.bodyValue();
    if (type === APPLY) return await this.#apply(target, exchange, body, request);
    const schema = await this.#schemas.schemaOf(target.definition, target.version);
    const change = (current: KubeObject): KubeObject => {
      switch (type) {
        case 'application/json-patch+json':
          return applyJsonPatch(current, body);
        case 'application/merge-patch+json':
          return applyMergePatch(current, body);
        case 'application/strategic-merge-patch+json':
          return applyStrategicMergePatch(
            current,
            body,
            target.definition.definedBy === undefined ? schema : undefined,
          );
        default:
          throw unsupportedMediaType(
            `the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml`,
          );
      }
    };
    const transform: Transform = (current) => {
      if (!current) throw notFound(target.definition, target.name);
      const changed = change(current);
      checkName(target, changed);
      return changed;
    };
    const strictError = (object: KubeObject, text: string): Error => {
      const shown = type === 'application/strategic-merge-patch+json' ? goMapText(body) : JSON.stringify(object);
      return invalid({ group: '', kind: '' }, '', [
        { reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(shown)}: ${text}`, field: 'patch' },
      ]);
    };
    return await this.#writer.update(target, transform, { ...request, strictError, mayCreate: false });
  }

  async #apply(target: Target, exchange: Exchange, body: unknown, request: WriteRequest): Promise<WriteResult> {
    const { definition, version, name } = target;
    if ((exchange.query.get('fieldManager') ?? '') === '')
      throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
        { reason: 'FieldValueRequired', message: 'Required value: is required for apply patch', field: 'fieldManager' },
      ]);
    if (!isObject(body)) throw badRequest('the applied configuration must be an object');
    const metadata = isObject(body.metadata) ? body.metadata : {};
    checkName(target, { ...(body as KubeObject), metadata });
    const applied = this.#schemas.checkType(definition, version, {
      ...(body as KubeObject),
      metadata: { ...metadata, name },
    });
    await this.#schemas.checkDeclared(definition, version, applied);
    const schema = await this.#schemas.schemaOf(definition, version);
    return await this.#writer.update(
      target,
      (current) =>
        serverSideApply({
          live: current,
          applied,
          manager: request.fieldManager,
          force: exchange.query.get('force') === 'true',
          schema,
          time: apiTime(this.#now()),
          subresource: request.subresource,
          resetFields: fieldsNotWritable(definition, version, request.subresource),
        }),
      { ...request, mayCreate: request.subresource === undefined, managedFieldsSettled: true },
    );
  }
}

/** A JSON value as Go prints it with `%v`: `map[spec:map[replicas:1]]`. */
function goMapText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goMapText).join(' ')}]`;
  if (isObject(value))
    return `map[${Object.keys(value)
      .sort()
      .map((key) => `${key}:${goMapText(value[key])}`)
      .join(' ')}]`;
  return value === null ? '<nil>' : typeof value === 'string' ? value : JSON.stringify(value);
}

function checkName({ name, namespace }: Target, object: KubeObject): void {
  const { name: given = '', namespace: space = '' } = object.metadata;
  if (given !== '' && given !== name)
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
  if (space !== '' && space !== (namespace ?? ''))
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}
