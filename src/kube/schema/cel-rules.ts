import type { Environment, ParseResult } from '@marcbachmann/cel-js';
import { celValue, type CelConversions } from './cel-values.ts';
import { fieldChild, fieldErrors, type FieldError } from './field-error.ts';
import { registerKubernetesLibrary } from './cel-library.ts';
import {
  childSchema,
  isJsonObject,
  jsonEqual,
  type StructuralSchema,
  type ValidationRule,
} from './structural-schema.ts';

/** Checks the `x-kubernetes-validations` of one schema; compiled rules are kept for the next object. */
export interface CelRules {
  readonly hasRules: boolean;
  /**
   * Violations of the rules for `value`; `oldValue` is the stored object of an update, absent on create. Transition rules (those
   * that use `oldSelf`) run only where an old value can be found: fields, map keys and items of map lists.
   */
  validate(value: unknown, oldValue?: unknown): FieldError[];
}

interface CompiledRule {
  readonly source: ValidationRule;
  readonly usesOldSelf: boolean;
  readonly run: ParseResult | { readonly compileError: string };
  readonly message: ParseResult | undefined;
}

/** True when any part of the schema has CEL rules; only then is the CEL library worth loading. */
export function hasCelRules(schema: StructuralSchema): boolean {
  if ((schema['x-kubernetes-validations']?.length ?? 0) > 0) return true;
  return Object.values(childSchemas(schema)).some(hasCelRules);
}

function childSchemas(schema: StructuralSchema): Record<string, StructuralSchema> {
  return {
    ...schema.properties,
    ...(typeof schema.additionalProperties === 'object' && { '[*]': schema.additionalProperties }),
    ...(schema.items !== undefined && { '[]': schema.items }),
  };
}

/** Loads the CEL library when the schema has rules. Compile errors of a rule appear as field errors when it runs, as on the real server. */
export async function loadCelRules(schema: StructuralSchema): Promise<CelRules> {
  if (!hasCelRules(schema)) return { hasRules: false, validate: () => [] };
  const cel = await import('@marcbachmann/cel-js');
  const environment = new cel.Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false });
  environment.registerVariable('self', 'dyn');
  registerKubernetesLibrary(environment);
  return new SchemaRules(schema, {
    plain: environment.clone().registerVariable('oldSelf', 'dyn'),
    // What comes out of an optional must be known to be of any type: operators on it are chosen by that.
    optional: environment.clone().registerVariable('oldSelf', 'optional<dyn>'),
  });
}

/** Where rules compile: those with an optional old value apart. */
interface RuleEnvironments {
  readonly plain: Environment;
  readonly optional: Environment;
}

class SchemaRules implements CelRules {
  readonly hasRules = true;
  readonly #schema: StructuralSchema;
  readonly #environments: RuleEnvironments;
  readonly #compiled = new Map<StructuralSchema, readonly CompiledRule[]>();
  readonly #convert: CelConversions;
  readonly #optional: (value: unknown) => unknown;

  constructor(schema: StructuralSchema, environments: RuleEnvironments) {
    this.#schema = schema;
    this.#environments = environments;
    const environment = environments.plain;
    const duration = environment.parse('duration(self)');
    const timestamp = environment.parse('timestamp(self)');
    const some = environment.parse('optional.of(self)');
    const none = environment.parse('optional.none()');
    this.#optional = (value) => (value === undefined ? none({}) : some({ self: value }));
    this.#convert = {
      duration: (text) => attempt(() => duration({ self: text }) as unknown) ?? text,
      timestamp: (text) => attempt(() => timestamp({ self: text }) as unknown) ?? text,
    };
  }

  validate(value: unknown, oldValue?: unknown): FieldError[] {
    const errors: FieldError[] = [];
    this.#walk(this.#schema, value, oldValue, '', errors);
    return errors;
  }

  #walk(schema: StructuralSchema, value: unknown, oldValue: unknown, path: string, errors: FieldError[]): void {
    if (value === null || value === undefined) return;
    this.#check(schema, value, oldValue, path, errors);
    if (Array.isArray(value)) {
      const { items } = schema;
      if (items === undefined) return;
      value.forEach((item: unknown, index) => {
        this.#walk(items, item, matchingItem(schema, item, oldValue), `${path}[${String(index)}]`, errors);
      });
    } else if (isJsonObject(value)) {
      for (const [key, entry] of Object.entries(value)) {
        const schemaOfKey = childSchema(schema, key);
        const oldEntry = isJsonObject(oldValue) ? oldValue[key] : undefined;
        if (schemaOfKey !== undefined) this.#walk(schemaOfKey, entry, oldEntry, fieldChild(path, key), errors);
      }
    }
  }

  #check(schema: StructuralSchema, value: unknown, oldValue: unknown, path: string, errors: FieldError[]): void {
    const rules = this.#rulesOf(schema);
    if (rules.length === 0) return;
    const type = schema.type ?? '';
    const self = celValue(schema, value, this.#convert);
    const hasOld = oldValue !== undefined && oldValue !== null;
    const oldSelf = hasOld ? celValue(schema, oldValue, this.#convert) : undefined;
    for (const rule of rules) {
      if (rule.source.optionalOldSelf === true) {
        // Such a rule runs at creation too, and gets the old value in an optional.
        const failure = evaluate(rule, { self, oldSelf: this.#optional(oldSelf) });
        if (failure !== undefined) errors.push(ruleError(rule.source, fieldPathOf(rule, path), type, failure));
        continue;
      }
      if (rule.usesOldSelf && !hasOld) continue;
      // Ratcheting: what an update leaves as it is may stay, transition rules excepted.
      if (!rule.usesOldSelf && hasOld && jsonEqual(value, oldValue)) continue;
      const context = hasOld ? { self, oldSelf } : { self };
      const failure = evaluate(rule, context);
      if (failure !== undefined) errors.push(ruleError(rule.source, fieldPathOf(rule, path), type, failure));
    }
  }

  #rulesOf(schema: StructuralSchema): readonly CompiledRule[] {
    let rules = this.#compiled.get(schema);
    if (rules === undefined) {
      rules = (schema['x-kubernetes-validations'] ?? []).map((source) => this.#compile(source));
      this.#compiled.set(schema, rules);
    }
    return rules;
  }

  #compile(source: ValidationRule): CompiledRule {
    const { messageExpression } = source;
    const environment = source.optionalOldSelf === true ? this.#environments.optional : this.#environments.plain;
    const usesOldSelf = /\boldSelf\b/.test(source.rule);
    const message = messageExpression === undefined ? undefined : attempt(() => environment.parse(messageExpression));
    try {
      return { source, usesOldSelf, message, run: environment.parse(source.rule) };
    } catch (error) {
      return { source, usesOldSelf, message, run: { compileError: firstLine(error) } };
    }
  }
}

/** The old item that an item of a map list continues; other lists have no lasting identity. */
function matchingItem(schema: StructuralSchema, item: unknown, oldList: unknown): unknown {
  if (schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(oldList) || !isJsonObject(item)) return undefined;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  return oldList.find((old) => isJsonObject(old) && keys.every((key) => jsonEqual(old[key], item[key])));
}

function fieldPathOf(rule: CompiledRule, path: string): string {
  const { fieldPath } = rule.source;
  if (fieldPath === undefined) return path === '' ? '<nil>' : path;
  return path === '' ? fieldPath.replace(/^\./, '') : `${path}${fieldPath}`;
}

/** The text of the violation, or undefined when the rule holds. */
function evaluate(rule: CompiledRule, context: Record<string, unknown>): string | undefined {
  const { source, run } = rule;
  if (typeof run !== 'function') return `rule compile error: ${run.compileError}`;
  try {
    if (run(context) === true) return undefined;
  } catch (error) {
    const text = firstLine(error).replace(/^No such key/, 'no such key');
    return `${text} evaluating rule: ${source.message?.trim() ?? source.rule.trim()}`;
  }
  const computed = rule.message === undefined ? undefined : attempt(() => rule.message?.(context) as unknown);
  if (typeof computed === 'string' && computed.trim() !== '') return computed;
  return source.message?.trim() ?? `failed rule: ${source.rule.trim()}`;
}

function ruleError(rule: ValidationRule, path: string, type: string, detail: string): FieldError {
  if (rule.reason === 'FieldValueForbidden') return fieldErrors.forbidden(path, detail);
  if (rule.reason === 'FieldValueRequired') return fieldErrors.required(path, detail);
  if (rule.reason === 'FieldValueDuplicate') return fieldErrors.duplicate(path, type);
  return fieldErrors.invalid(path, type, detail);
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
