import type { KubeObject } from '../../kube/index.ts';
import { admitAccount } from './account-admission.ts';
import { admit, checkNamespace, mutate } from './admission.ts';
import type { ApiContext } from './api-context.ts';
import type { Target, Transform, WriteRequest, WriteResult } from './write-request.ts';
import { deletionOf, type DeleteOptions } from './deletion.ts';
import type { FieldManagers } from './field-managers.ts';
import { cloneJson, equalJson } from './json.ts';
import { beforeCreate, beforeUpdate } from './object-lifecycle.ts';
import { withRevision } from './object-storage.ts';
import type { StoredObject } from './stored-object.ts';
import {
  groupVersion,
  storageKey,
  versionOf,
  type ResourceDefinition,
  type StrategyContext,
} from './resource-definition.ts';
import type { SchemaGate } from './schema-gate.ts';
import {
  alreadyExists,
  conflict,
  definitionTerminating,
  invalid,
  notFound,
  OBJECT_MODIFIED,
  type StatusCause,
} from './status-error.ts';
import type { UserInfo } from './user-info.ts';

/** Another writer may win this many times before the request gives up with a conflict. */
const ATTEMPTS = 30;

/** Creates, changes and deletes objects: strategy, schema, admission, managed fields, then one transaction on the store. */
export class ObjectWriter {
  readonly #context: ApiContext;
  readonly #schemas: SchemaGate;
  readonly #managers: FieldManagers;
  readonly #strategyContext: (user: UserInfo) => StrategyContext;
  #generated = 0;

  constructor(parts: {
    context: ApiContext;
    schemas: SchemaGate;
    managers: FieldManagers;
    strategyContext: (user: UserInfo) => StrategyContext;
  }) {
    this.#context = parts.context;
    this.#schemas = parts.schemas;
    this.#managers = parts.managers;
    this.#strategyContext = parts.strategyContext;
  }

  async create(target: Omit<Target, 'name'>, input: KubeObject, request: WriteRequest): Promise<KubeObject> {
    const { definition, version, namespace } = target;
    if (definition.isTerminating === true) throw definitionTerminating(definition);
    const object = await this.#schemas.decode(definition, version, input, request);
    const generateName = object.metadata.generateName;
    const generated = (object.metadata.name ?? '') === '' && generateName !== undefined && generateName !== '';
    for (let attempt = 1; ; attempt++) {
      const candidate = cloneJson(object);
      if (generated) candidate.metadata.name = this.#generateName(definition, namespace, generateName);
      const created = await this.#createOnce(target, candidate, request);
      if (created) return created;
      if (!generated || attempt === 8) throw alreadyExists(definition, candidate.metadata.name ?? '');
    }
  }

  #generateName(definition: ResourceDefinition, namespace: string | undefined, prefix: string): string {
    const { random } = this.#context;
    const suffix = random.suffix(5, 'name', definition.plural, namespace ?? '', prefix, this.#generated++);
    // Names are at most 63 characters with the suffix, as the real generator cuts them.
    return prefix.slice(0, 58) + suffix;
  }

  async #createOnce(
    target: Omit<Target, 'name'>,
    object: KubeObject,
    request: WriteRequest,
  ): Promise<KubeObject | undefined> {
    const { definition, version, namespace } = target;
    const { clock, random, storage } = this.#context;
    const { name = '' } = object.metadata;
    const key = storageKey(definition, namespace, name);
    beforeCreate(definition, version, object, {
      namespace,
      uid: random.uuid('uid', key, this.#generated++, clock.now()),
      strategy: this.#strategyContext(request.user),
    });
    if (definition.namespaced) await checkNamespace(this.#context, definition, namespace ?? '', name);
    mutate(this.#context, definition, object);
    await this.#schemas.complete(definition, version, object);
    const causes = await this.#faults(target, object, undefined, undefined);
    if (causes.length > 0) throw invalid(definition, name, causes);
    if (request.managedFieldsSettled !== true)
      await this.#managers.recordUpdate({ definition, version, before: undefined, after: object, request });
    await this.#context.grants.check(request.user, definition, object, undefined);
    await admitAccount(this.#context, definition, object);
    await admit(this.#context, definition, 'CREATE', object, undefined);
    if (request.dryRun) {
      if (await storage.get(key)) throw alreadyExists(definition, name);
      return object;
    }
    const stored = await storage.create(key, storedForm(definition, object));
    return stored && inVersion(definition, version, stored);
  }

  /**
   * Applies `transform` to the present state and stores the result; again when another writer came between, unless the result
   * names a resourceVersion. `mayCreate` lets a missing object be created.
   */
  async update(
    target: Target,
    transform: Transform,
    request: WriteRequest & { readonly mayCreate: boolean; readonly explicitVersion?: boolean },
  ): Promise<WriteResult> {
    const { definition, version, namespace, name } = target;
    const { storage } = this.#context;
    const key = storageKey(definition, namespace, name);
    for (let attempt = 1; ; attempt++) {
      const current = await storage.get(key);
      if (!current) {
        if (!request.mayCreate) throw notFound(definition, name);
        const made = await transform(undefined);
        if ((made.metadata.resourceVersion ?? '') !== '' || (made.metadata.uid ?? '') !== '')
          throw conflict(definition, name, missingForUpdate(made));
        const object = await this.#schemas.decode(definition, version, made, request);
        const created = await this.#createOnce(target, object, request);
        if (created) return { object: created, created: true };
        if (attempt >= ATTEMPTS) throw alreadyExists(definition, name);
        continue;
      }
      const old = inVersion(definition, version, current.object);
      const proposed = await this.#schemas.decode(definition, version, await transform(cloneJson(old)), request);
      this.#checkPreconditions(target, old, proposed);
      if (request.subresource === undefined) mutate(this.#context, definition, proposed);
      const next = await this.#schemas.complete(
        definition,
        version,
        beforeUpdate(definition, proposed, old, {
          subresource: request.subresource,
          strategy: this.#strategyContext(request.user),
        }),
      );
      const causes = await this.#faults(target, next, old, request.subresource);
      if (causes.length > 0) throw invalid(definition, name, causes);
      if (request.managedFieldsSettled !== true)
        await this.#managers.recordUpdate({ definition, version, before: old, after: next, request });
      await this.#context.grants.check(request.user, definition, next, old);
      await admit(this.#context, definition, 'UPDATE', next, old);
      if (this.#unchanged(old, next)) return { object: old, created: false };
      if (request.dryRun) return { object: next, created: false };
      if (isReadyToGo(definition, next)) {
        const revision = await storage.delete(key, current.revision);
        if (revision !== undefined) return { object: withRevision(next, revision), created: false };
      } else {
        const stored = await storage.update(key, storedForm(definition, next), current.revision);
        if (stored) return { object: inVersion(definition, version, stored), created: false };
      }
      if (request.explicitVersion === true || attempt >= ATTEMPTS) throw conflict(definition, name, OBJECT_MODIFIED);
    }
  }

  /** What the kind's rules find, and its schema in fields of which they say nothing. */
  async #faults(
    { definition, version }: Omit<Target, 'name'>,
    object: KubeObject,
    old: KubeObject | undefined,
    subresource: string | undefined,
  ): Promise<StatusCause[]> {
    // A subresource writes what the object itself does not let change: a binding the node, `status` nothing of the spec.
    const { strategy } = definition;
    const own =
      subresource === undefined
        ? (strategy.validate?.(object, old) ?? [])
        : old
          ? (strategy.validateSubresource?.(object, old, subresource) ?? [])
          : [];
    const found = await this.#schemas.validate(definition, version, object, old);
    const known = new Set(own.map((cause) => cause.field));
    return [...own, ...found.filter((cause) => !known.has(cause.field))];
  }

  #checkPreconditions({ definition, name }: Target, old: KubeObject, next: KubeObject): void {
    const { resourceVersion = '', uid = '' } = next.metadata;
    if (uid !== '' && uid !== old.metadata.uid)
      throw conflict(
        definition,
        name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid ?? ''}`,
      );
    if (resourceVersion === '' || resourceVersion === '0') {
      if (!definition.strategy.unconditionalUpdate)
        // Here the real server names the resource in place of the kind.
        throw invalid({ group: definition.group, kind: definition.plural }, name, [
          {
            reason: 'FieldValueInvalid',
            message: 'Invalid value: 0x0: must be specified for an update',
            field: 'metadata.resourceVersion',
          },
        ]);
    } else if (resourceVersion !== old.metadata.resourceVersion) throw conflict(definition, name, OBJECT_MODIFIED);
  }

  /** A write that would change nothing but the times of managed fields is not made. */
  #unchanged(old: KubeObject, next: KubeObject): boolean {
    const bare = (object: KubeObject): KubeObject => {
      const { managedFields, resourceVersion: _, ...metadata } = object.metadata;
      const timeless = (managedFields ?? []).map(({ time: __, ...entry }) => entry);
      return { ...object, metadata: { ...metadata, ...{ managedFields: timeless } } };
    };
    return equalJson(bare(old), bare(next));
  }

  /** The object's last state; `gone` when it has left the store, else its deletion waits for finalizers or its node. */
  async delete(
    target: Target,
    options: DeleteOptions,
    request: Pick<WriteRequest, 'dryRun'>,
  ): Promise<{ object: KubeObject; gone: boolean }> {
    const { definition, version, namespace, name } = target;
    const { storage, clock } = this.#context;
    const key = storageKey(definition, namespace, name);
    for (let attempt = 1; ; attempt++) {
      const current = await storage.get(key);
      if (!current) throw notFound(definition, name);
      const old = inVersion(definition, version, current.object);
      const outcome = deletionOf(definition, cloneJson(old), options, clock.now());
      await admit(this.#context, definition, 'DELETE', old, old);
      if (request.dryRun) return { object: outcome.object, gone: outcome.type === 'remove' };
      if (outcome.type === 'keep') return { object: old, gone: false };
      if (outcome.type === 'remove') {
        const revision = await storage.delete(key, current.revision);
        if (revision !== undefined) return { object: withRevision(old, revision), gone: true };
      } else {
        const stored = await storage.update(key, storedForm(definition, outcome.object), current.revision);
        if (stored) return { object: inVersion(definition, version, stored), gone: false };
      }
      if (attempt >= ATTEMPTS) throw conflict(definition, name, OBJECT_MODIFIED);
    }
  }
}

function missingForUpdate(object: KubeObject): string {
  const uid = object.metadata.uid ?? '';
  return uid === '' ? OBJECT_MODIFIED : `Precondition failed: UID in precondition: ${uid}, UID in object meta: `;
}

/** Whether an update took away the last thing that kept a deleted object. */
function isReadyToGo(definition: ResourceDefinition, object: KubeObject): boolean {
  const { deletionTimestamp, finalizers, deletionGracePeriodSeconds } = object.metadata;
  if (deletionTimestamp === undefined || (finalizers ?? []).length > 0) return false;
  if ((deletionGracePeriodSeconds ?? 0) > 0) return false;
  return !hasNamespaceFinalizers(definition, object);
}

function hasNamespaceFinalizers(definition: ResourceDefinition, object: KubeObject): boolean {
  if (definition.group !== '' || definition.plural !== 'namespaces') return false;
  const { finalizers } = (object.spec ?? {}) as { finalizers?: unknown[] };
  return (finalizers ?? []).length > 0;
}

/** The object as clients of `version` see it. Where a version has no conversion it differs in its apiVersion alone. */
export function inVersion(definition: ResourceDefinition, version: string, object: KubeObject): KubeObject {
  const apiVersion = groupVersion(definition, version);
  return object.apiVersion === apiVersion && object.kind === definition.kind
    ? object
    : (versionOf(definition, version)?.conversion?.fromStored(object) ?? {
        ...object,
        apiVersion,
        kind: definition.kind,
      });
}

/** A stored object as JSON for clients of `version`: the stored bytes themselves, where the version has no conversion. */
export function storedJson(
  definition: ResourceDefinition,
  version: string,
  stored: StoredObject,
  options: { readonly withType: boolean } = { withType: true },
): Buffer {
  const type = { apiVersion: groupVersion(definition, version), kind: definition.kind };
  if (!versionOf(definition, version)?.conversion) return stored.json(options.withType ? type : undefined);
  const { apiVersion: _, kind: __, ...rest } = inVersion(definition, version, stored.object);
  return Buffer.from(JSON.stringify(options.withType ? { ...type, ...rest } : rest));
}

export function storedForm(definition: ResourceDefinition, object: KubeObject): KubeObject {
  const version = versionOf(definition, object.apiVersion.split('/').at(-1) ?? '');
  return version?.conversion?.toStored(object) ?? inVersion(definition, definition.storageVersion, object);
}
