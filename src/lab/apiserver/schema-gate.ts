import type { KubeObject } from '../../kube/index.ts';
import {
  customResourceValidator,
  type CustomResourceValidator,
  type StructuralSchema,
} from '../../kube/schema/index.ts';
import { builtInValidator } from './builtin-validator.ts';
import { definitionFaults } from './builtin/rules/definition-rules.ts';
import { isObject } from './json.ts';
import { groupVersion, versionOf, type ResourceDefinition } from './resource-definition.ts';
import { badRequest, statusError, type StatusCause } from './status-error.ts';
import type { WriteRequest } from './write-request.ts';

const unknownText = (path: string): string => `unknown field "${path}"`;

/** What the schema of a resource does to requests: unknown fields, pruning, defaults, validation. */
export class SchemaGate {
  readonly #validators = new WeakMap<object, Promise<CustomResourceValidator>>();
  readonly #builtIn = new Map<string, CustomResourceValidator | undefined>();

  /** The validator of a version that has a schema. Built once for each schema. */
  async validatorOf(definition: ResourceDefinition, version: string): Promise<CustomResourceValidator | undefined> {
    if (definition.definedBy === undefined) return this.#builtInValidator(definition, version);
    const schema = versionOf(definition, version)?.schema;
    if (!schema) return undefined;
    let validator = this.#validators.get(schema);
    if (!validator) {
      validator = customResourceValidator(schema);
      this.#validators.set(schema, validator);
    }
    return await validator;
  }

  #builtInValidator(definition: ResourceDefinition, version: string): CustomResourceValidator | undefined {
    const key = `${definition.group}/${version}/${definition.kind}`;
    if (!this.#builtIn.has(key))
      this.#builtIn.set(key, builtInValidator(groupVersion(definition, version), definition.kind));
    return this.#builtIn.get(key);
  }

  /** The schema by which patches merge and fields have owners. */
  async schemaOf(definition: ResourceDefinition, version: string): Promise<StructuralSchema | undefined> {
    return (await this.validatorOf(definition, version))?.schema;
  }

  /** Server-side apply refuses fields that the schema does not declare. */
  async checkDeclared(definition: ResourceDefinition, version: string, applied: KubeObject): Promise<void> {
    const [unknown] = (await this.validatorOf(definition, version))?.unknownFields(applied) ?? [];
    if (unknown === undefined) return;
    const { name = '', namespace = '' } = applied.metadata;
    const gv = definition.group === '' ? `/${version}` : `${definition.group}/${version}`;
    throw statusError(
      500,
      '',
      `failed to create typed patch object (${namespace}/${name}; ${gv}, Kind=${definition.kind}): .${unknown}: field not declared in schema`,
    );
  }

  /** Checks that a body is an object of the address's kind, drops what its schema does not know and fills in defaults. */
  async decode(
    definition: ResourceDefinition,
    version: string,
    input: KubeObject,
    request: Pick<WriteRequest, 'fieldValidation' | 'warnings' | 'repeatedFields' | 'strictError'>,
  ): Promise<KubeObject> {
    const object = this.checkType(definition, version, input);
    const validator = await this.validatorOf(definition, version);
    if (!validator) return object;
    if (request.fieldValidation !== 'Ignore') {
      const unknown = validator.unknownFields(object);
      // A field that is unknown is no more wrong for being there twice.
      const repeated = (request.repeatedFields ?? []).filter(
        ({ path }) => !unknown.some((u) => path === u || path.startsWith(`${u}.`) || path.startsWith(`${u}[`)),
      );
      if (request.fieldValidation === 'Strict' && unknown.length + repeated.length > 0) {
        const text = `strict decoding error: ${[...repeated.map((r) => r.strict), ...unknown.map(unknownText)].join(', ')}`;
        const { kind } = definition;
        throw (
          request.strictError?.(object, text) ??
          badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${text}`)
        );
      }
      request.warnings.push(...repeated.map((r) => r.warning), ...unknown.map(unknownText));
    }
    return validator.applyDefaults(validator.prune(object));
  }

  /** The object as it is stored and printed, after the server's own changes to it. May change it. */
  async complete(definition: ResourceDefinition, version: string, object: KubeObject): Promise<KubeObject> {
    const validator = await this.validatorOf(definition, version);
    return validator?.complete?.(object) ?? object;
  }

  async validate(
    definition: ResourceDefinition,
    version: string,
    object: KubeObject,
    old: KubeObject | undefined,
  ): Promise<StatusCause[]> {
    // What definitions may say is more than a schema can: their own schemas, and rules that must compile.
    if (definition.group === 'apiextensions.k8s.io') return await definitionFaults(object, old);
    const validator = await this.validatorOf(definition, version);
    return validator?.validate(object, old) ?? [];
  }

  /** The body with its type filled in. Throws BadRequest when it says that it is something else. */
  checkType(definition: ResourceDefinition, version: string, input: KubeObject): KubeObject {
    const apiVersion = groupVersion(definition, version);
    if (input.apiVersion !== undefined && input.apiVersion !== '' && input.apiVersion !== apiVersion)
      throw badRequest(
        `the API version in the data (${input.apiVersion}) does not match the expected API version (${apiVersion})`,
      );
    if (input.kind !== undefined && input.kind !== '' && input.kind !== definition.kind)
      throw badRequest(
        `${input.kind} in version ${JSON.stringify(version)} cannot be handled as a ${definition.kind}: no kind ${JSON.stringify(input.kind)} is registered for this address`,
      );
    const metadata = isObject(input.metadata) ? input.metadata : {};
    return { ...input, apiVersion, kind: definition.kind, metadata };
  }
}
