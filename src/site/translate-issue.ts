import { z } from 'zod';
import { errorCodes, type ErrorCode } from '../base/index.ts';
import { formatPath, valueAt, type FieldPath } from './field-path.ts';
import { nearestName } from './nearest-name.ts';
import { childrenOf, describeType, schemaAt, unwrapSchema } from './schema-walk.ts';

/** One fault of the values in a site file, before it has a place. */
export interface SiteProblem {
  readonly code: ErrorCode;
  readonly path: FieldPath;
  /** Whether the key or the value is at fault. */
  readonly part: 'key' | 'value';
  readonly message: string;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  readonly hint?: string | undefined;
  /** For an unknown field: the path that was most likely meant. */
  readonly meant?: FieldPath | undefined;
}

export interface IssueContext {
  readonly schema: z.core.$ZodType;
  /** The value as it stands in the file. */
  readonly value: unknown;
}

/** A fault as the schema library tells it, in the words of this project. One issue can stand for several unknown keys. */
export function translateIssue(issue: z.core.$ZodIssue, context: IssueContext): SiteProblem[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField([...path, key], context));
  const value = valueAt(context.value, path);
  const schema = schemaAt(context.schema, path);
  if (value === undefined || value === null) return [missing(path, value, schema)];
  if (issue.code === 'invalid_union') return translateIssue(branchIssue(issue, path), context);
  if (issue.code === 'custom') return [custom(issue.params, path, value)];
  const expected = schema && describeType(schema);
  const name = formatPath(path);
  if (issue.code === 'invalid_type')
    return [
      {
        code: 'SITE_WRONG_TYPE',
        path,
        part: 'value',
        message: `${name} is of the wrong type`,
        expected,
        found: describeValue(value),
        hint:
          issue.expected === 'string' && (typeof value === 'number' || typeof value === 'boolean')
            ? `Quote it: "${String(value)}".`
            : undefined,
      },
    ];
  const near = typeof value === 'string' && schema ? nearestName(value, choicesOf(schema)) : undefined;
  return [
    {
      code: 'SITE_VALUE',
      path,
      part: 'value',
      message: `${name} ${sizeFault(issue) ?? 'is not one of its values'}`,
      expected,
      found: describeValue(value),
      hint: near === undefined ? undefined : `Did you mean ${near}?`,
    },
  ];
}

function unknownField(path: FieldPath, { schema, value }: IssueContext): SiteProblem {
  const parent = path.slice(0, -1);
  const key = String(path.at(-1));
  const parentSchema = schemaAt(schema, parent);
  const known = parentSchema ? [...childrenOf(parentSchema).keys()] : [];
  const near = nearestName(key, known);
  const missing = known.filter((name) => valueAt(value, [...parent, name]) === undefined);
  return {
    code: 'SITE_UNKNOWN_FIELD',
    path,
    part: 'key',
    message: `${formatPath(path)} is not a field of a site`,
    expected: missing.length > 0 && missing.length <= 12 ? `one of ${missing.join(', ')}` : undefined,
    found: key.length > 60 ? `${key.slice(0, 60)}...` : key,
    hint: near === undefined ? undefined : `Did you mean ${near}?`,
    meant: near === undefined ? undefined : [...parent, near],
  };
}

/** A field that is missing because its name is misspelled is one fault, told at the misspelled name. */
export function withoutEchoes(problems: readonly SiteProblem[]): SiteProblem[] {
  const meant = new Set(problems.flatMap((problem) => (problem.meant ? [formatPath(problem.meant)] : [])));
  return problems.filter(({ code, path }) => code !== 'SITE_MISSING_FIELD' || !meant.has(formatPath(path)));
}

function missing(path: FieldPath, value: unknown, schema: z.core.$ZodType | undefined): SiteProblem {
  const name = formatPath(path);
  const unwrapped = schema && unwrapSchema(schema);
  return {
    code: 'SITE_MISSING_FIELD',
    path,
    part: 'key',
    message: value === null ? `${name} has no value` : `${name} is missing`,
    expected: schema && describeType(schema),
    found: value === null ? 'a key without a value' : 'nothing',
    hint:
      value === null && unwrapped?.optional === true
        ? 'Give it a value or remove the key.'
        : `globalctl explain ${name.replaceAll(/\[\d+\]/g, '[]')}`,
  };
}

function custom(params: Record<string, unknown> | undefined, path: FieldPath, value: unknown): SiteProblem {
  const { code, expected, found, hint } = z
    .object({ code: z.string(), expected: z.string(), found: z.string(), hint: z.string() })
    .partial()
    .parse(params ?? {});
  const known = code !== undefined && Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'SITE_VALUE';
  const name = formatPath(path);
  return {
    code: known,
    path,
    part: 'value',
    message:
      known === 'SECRET_PLAIN' ? `${name} holds a secret as a plain value` : `${name} does not have the form it needs`,
    expected,
    found: found ?? describeValue(value),
    hint,
  };
}

/** Of the options of a union, the fault of the one that the value comes nearest to. */
function branchIssue(issue: z.core.$ZodIssueInvalidUnion, path: FieldPath): z.core.$ZodIssue {
  const deepest = issue.errors.flat().sort((a, b) => b.path.length - a.path.length)[0];
  if (deepest === undefined || deepest.path.length === 0)
    return { code: 'invalid_value', values: [], path: [...path], message: issue.message };
  return { ...deepest, path: [...path, ...deepest.path] };
}

function choicesOf(schema: z.core.$ZodType): string[] {
  const { schema: plain } = unwrapSchema(schema);
  if (plain instanceof z.ZodEnum) return plain.options.map(String);
  if (plain instanceof z.ZodLiteral) return [...plain.values].map(String);
  if (plain instanceof z.ZodUnion) return plain.def.options.flatMap(choicesOf);
  return [];
}

function sizeFault(issue: z.core.$ZodIssue): string | undefined {
  const unit = 'origin' in issue && issue.origin === 'array' ? ' entries' : '';
  if (issue.code === 'too_small') {
    if (unit !== '' && issue.minimum === 1) return 'is an empty list';
    return `is too small: at least ${String(issue.minimum)}${unit}`;
  }
  if (issue.code === 'too_big') return `is too large: at most ${String(issue.maximum)}${unit}`;
  return undefined;
}

function describeValue(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'a block of fields';
  const text = typeof value === 'string' ? value : `${String(value)} (a ${typeof value})`;
  return text.length > 80 ? `${text.slice(0, 80)}...` : text === '' ? 'an empty text' : text;
}
