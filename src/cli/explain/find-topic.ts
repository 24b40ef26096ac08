import { errorCodes, exitCodes, GlobalctlError, type ErrorCodeEntry } from '../../base/index.ts';
import { allRules } from '../../lint/rule-list.ts';
import { siteParts } from '../../providers/site-parts.ts';
import {
  describeType,
  fieldsOf,
  nearestName,
  siteSchemaOf,
  type SchemaField,
  type UnwrappedSchema,
} from '../../site/index.ts';
import { defaultOf } from '../reference/site-page.ts';
import { derivedVariables } from './derived-variables.ts';

export interface FieldTopic {
  readonly type: 'field';
  readonly path: string;
  /** The providers whose sites have this field; all of them for a common one. */
  readonly providers: readonly string[];
  readonly description: string;
  readonly value: string;
  readonly default: string;
  readonly guideVariables: readonly string[];
  /** Names of the fields below it. */
  readonly fields: readonly string[];
}

export interface VariableTopic {
  readonly type: 'variable';
  readonly name: string;
  readonly description: string;
}

export interface ErrorTopic {
  readonly type: 'error';
  readonly code: string;
  readonly title: string;
  readonly cure: string;
  readonly class: string;
  readonly exitCode: number;
  readonly httpStatus: number;
}

/** What one rule of a code asks; several providers can each have one. */
export interface RulePart {
  /** The provider whose rule it is; absent for one of every provider. */
  readonly provider?: string;
  readonly severity: string;
  readonly appliesTo: string;
  readonly what: string;
  readonly why: string;
  readonly guide: string;
  readonly fix?: string;
  readonly example?: { readonly bad: string; readonly good: string };
}

export interface RuleTopic extends Omit<ErrorTopic, 'type'> {
  readonly type: 'rule';
  readonly rules: readonly RulePart[];
}

export type Topic = FieldTopic | VariableTopic | ErrorTopic | RuleTopic;

/**
 * What a name stands for: a rule or another error code, a variable of the guide, a field path (indexes do not matter) or the end of one.
 * Several fields can answer to one name. Throws USAGE with the nearest name when nothing does.
 */
export function findTopics(name: string): readonly Topic[] {
  const codes: Readonly<Record<string, ErrorCodeEntry>> = errorCodes;
  const entry = Object.hasOwn(codes, name.toUpperCase()) ? codes[name.toUpperCase()] : undefined;
  if (entry !== undefined) return [codeTopic(name.toUpperCase(), entry)];
  const fields = allFields();
  const variable = name.replace(/^\$\{?(.*?)\}?$/, '$1').toUpperCase();
  const ofVariable = fields.filter((field) => field.guideVariables.includes(variable));
  if (ofVariable.length > 0) return ofVariable;
  const derived = Object.hasOwn(derivedVariables, variable) ? derivedVariables[variable] : undefined;
  if (derived !== undefined) return [{ type: 'variable', name: variable, description: derived }];
  const plain = plainPath(name);
  const exact = fields.filter((field) => plainPath(field.path) === plain);
  if (exact.length > 0) return exact;
  const ending = fields.filter((field) => plainPath(field.path).endsWith(`.${plain}`));
  if (ending.length > 0) return ending;
  const near = nearestName(name, [
    ...fields.flatMap(({ path, guideVariables }) => [path, path.split('.').at(-1) ?? '', ...guideVariables]),
    ...Object.keys(derivedVariables),
    ...Object.keys(codes),
  ]);
  throw new GlobalctlError('USAGE', {
    message: `${name} is no field of a site file, variable of the guide or error code`,
    expected: 'e.g. network.controlPlaneVIP, CONTROL_PLANE_VIP or SITE_UNKNOWN_FIELD',
    found: name,
    hint: near === undefined ? 'docs/reference/site.md and docs/errors.md list all names.' : `Did you mean ${near}?`,
  });
}

function plainPath(path: string): string {
  return path.replaceAll(/\[\d*\]/g, '').toLowerCase();
}

/** A code that rules find is explained with everything that the rules say of themselves. */
function codeTopic(code: string, entry: ErrorCodeEntry): ErrorTopic | RuleTopic {
  const topic = errorTopic(code, entry);
  const rules = allRules()
    .filter(({ rule }) => rule.code === code)
    .map(({ rule, provider }): RulePart => {
      const { severity, appliesTo = 'global', what, why, guide, fix, example } = rule;
      return {
        ...(provider && { provider: provider.id }),
        severity,
        appliesTo,
        what,
        why,
        guide,
        ...(fix !== undefined && { fix }),
        ...(example && { example: { bad: example.bad, good: example.good } }),
      };
    });
  return rules.length === 0 ? topic : { ...topic, type: 'rule', rules };
}

function errorTopic(code: string, { title, cure, class: failure, httpStatus }: ErrorCodeEntry): ErrorTopic {
  return { type: 'error', code, title, cure, class: failure, exitCode: exitCodes[failure], httpStatus };
}

/** Every field of every provider's site; what reads the same for several providers stands once, with the fields of all. */
function allFields(): FieldTopic[] {
  const topics = new Map<string, FieldTopic>();
  for (const part of siteParts) {
    const fields = [...fieldsOf(siteSchemaOf(part))];
    for (const field of fields) {
      const topic = fieldTopic(field, fields);
      const { path, description, default: defaultText } = topic;
      const value = topic.fields.length > 0 || path === 'provider' ? '' : topic.value;
      const key = JSON.stringify([path, description, defaultText, value]);
      const before = topics.get(key);
      topics.set(key, {
        ...topic,
        value: before && path === 'provider' ? `${before.value}, ${topic.value}` : topic.value,
        providers: [...(before?.providers ?? []), part.id],
        fields: [...new Set([...(before?.fields ?? []), ...topic.fields])],
      });
    }
  }
  return [...topics.values()];
}

function valueOf({ schema, meta }: UnwrappedSchema): string {
  if (meta.secret) return 'a secret reference, env:NAME or file:PATH';
  return meta.expects ?? describeType(schema).replace(/^(a (?:block|list of blocks) of fields) \(.*\)$/s, '$1');
}

function fieldTopic(field: SchemaField, fields: readonly SchemaField[]): FieldTopic {
  const { path, field: unwrapped } = field;
  const below = new RegExp(`^${path.replaceAll(/[.[\]]/g, '\\$&')}(?:\\[\\])?\\.[^.[\\]]+(?:\\[\\])?$`);
  return {
    type: 'field',
    path,
    providers: [],
    description: unwrapped.meta.description ?? '',
    value: valueOf(unwrapped),
    default: defaultOf(field),
    guideVariables: unwrapped.meta.guideVariable?.split(', ') ?? [],
    fields: fields.map((other) => other.path).filter((other) => below.test(other)),
  };
}
