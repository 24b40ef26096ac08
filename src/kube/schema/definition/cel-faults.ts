import type { ASTNode, Environment, ParseError } from '@marcbachmann/cel-js';
import { registerKubernetesLibrary } from '../cel-library.ts';
import type { FieldError } from '../field-error.ts';
import { fieldErrors } from '../field-error.ts';
import { celTypeOf } from './cel-type.ts';
import { compileFault, type CelFailure } from './compile-fault.ts';
import { schemasIn, schemaText, type RawSchema } from './schema-parts.ts';
import type { RuledSchema } from './schema-faults.ts';

/**
 * Rules that do not compile against the schema that they stand in, in the API server's words. The estimate of what a rule costs is
 * left out. What the checker here finds but might have wrong (functions and types it knows less of) is let pass: such a rule
 * shows its fault when it runs.
 */
export async function celFaults(ruled: readonly RuledSchema[]): Promise<FieldError[]> {
  if (ruled.length === 0) return [];
  const cel = await import('@marcbachmann/cel-js');
  const base = new cel.Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false });
  registerKubernetesLibrary(base);
  return ruled.flatMap((place) => {
    const environment = base.clone();
    const self = celTypeOf(place.schema, environment, place.isRoot);
    if (self === undefined) return [];
    const plain = environment.registerVariable('self', self);
    const withOld = plain.clone().registerVariable('oldSelf', self);
    const withOptional = plain.clone().registerVariable('oldSelf', `optional<${self}>`);
    return schemasIn(place.schema, 'x-kubernetes-validations').flatMap((rule, i) =>
      ruleFaults(rule, {
        path: `${place.path}.x-kubernetes-validations[${String(i)}]`,
        environment: rule['optionalOldSelf'] === true ? withOptional : withOld,
        uncorrelatable: place.uncorrelatable,
      }),
    );
  });
}

interface RulePlace {
  readonly path: string;
  readonly environment: Environment;
  readonly uncorrelatable: string | undefined;
}

function ruleFaults(rule: RawSchema, { path, environment, uncorrelatable }: RulePlace): FieldError[] {
  const text = schemaText(rule, 'rule');
  const invalid = (field: string, detail: string): FieldError => ({
    reason: 'FieldValueInvalid',
    field: `${path}.${field}`,
    message: `Invalid value: ${goRule(rule)}: ${detail}`,
  });
  const compiled = compile(environment, text);
  if (compiled.fault !== undefined) return [invalid('rule', `compilation failed: ${compiled.fault}`)];
  if (compiled.type !== undefined && compiled.type !== 'bool' && compiled.type !== 'dyn')
    return [invalid('rule', 'cel expression must evaluate to a bool')];
  const faults: FieldError[] = [];
  const expression = schemaText(rule, 'messageExpression');
  if (expression !== '') {
    const message = compile(environment, expression);
    if (message.fault !== undefined)
      faults.push(invalid('messageExpression', `messageExpression compilation failed: ${message.fault}`));
    else if (message.type !== undefined && message.type !== 'string' && message.type !== 'dyn')
      faults.push(invalid('messageExpression', 'messageExpression must evaluate to a string'));
  }
  const usesOldSelf = compiled.ast !== undefined && mentions(compiled.ast, 'oldSelf');
  if (usesOldSelf && uncorrelatable !== undefined)
    faults.push(
      fieldErrors.invalid(
        `${path}.rule`,
        text,
        `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`,
      ),
    );
  else if (!usesOldSelf && compiled.ast !== undefined && typeof rule['optionalOldSelf'] === 'boolean')
    faults.push(
      fieldErrors.invalid(
        `${path}.optionalOldSelf`,
        rule['optionalOldSelf'],
        'may not be set if oldSelf is not used in rule',
      ),
    );
  return faults;
}

interface Compiled {
  /** What is certainly wrong, with the place in the text. */
  readonly fault?: string | undefined;
  /** Absent when nothing certain is known. */
  readonly type?: string | undefined;
  readonly ast?: ASTNode | undefined;
}

/** Macros of two variables, of optional values, and bindings: the checker does not know the names that they declare. */
const UNKNOWN_SCOPES = [
  /\.(all|exists|existsOne|exists_one|transformList|transformMap|transformMapEntry)\(\s*\w+\s*,\s*\w+\s*,/,
  /\.opt(Flat)?Map\(|\bcel\.bind\(/,
];

function compile(environment: Environment, text: string): Compiled {
  let ast: ASTNode;
  try {
    ast = environment.parse(text).ast;
  } catch (error) {
    return { fault: compileFault(text, error as ParseError, undefined) };
  }
  if (UNKNOWN_SCOPES.some((scope) => scope.test(text))) return { ast };
  const { valid, type, error } = environment.check(text);
  if (valid) {
    const missing = missingPresence(environment, ast);
    if (missing !== undefined) return { fault: compileFault(text, missing.failure, missing.node) };
    return { ast, type };
  }
  return {
    ast,
    fault: error && compileFault(text, error, findNode(ast, error.range?.start, error.range?.end)),
  };
}

/** `has(a.b)` of a field that is not declared: the checker lets it pass, the API server does not. */
function missingPresence(environment: Environment, ast: ASTNode): { failure: CelFailure; node: ASTNode } | undefined {
  for (const node of nodesOf(ast)) {
    if (node.op !== 'call' || node.args[0] !== 'has') continue;
    const [field] = node.args[1];
    if (field === undefined || !/^(self|oldSelf)\b/.test(field.input.slice(field.start, field.end))) continue;
    const { error } = environment.check(field.input.slice(field.start, field.end));
    if (error?.code === 'no_such_key') return { failure: error, node };
  }
  return undefined;
}

/** All nodes of an expression, itself first. */
function* nodesOf(value: unknown): Generator<ASTNode> {
  if (Array.isArray(value)) for (const item of value) yield* nodesOf(item);
  else if (isNode(value)) {
    yield value;
    yield* nodesOf(value.args);
  }
}

const isNode = (value: unknown): value is ASTNode =>
  typeof value === 'object' && value !== null && 'op' in value && 'args' in value;

function findNode(ast: ASTNode, start: number | undefined, end: number | undefined): ASTNode | undefined {
  for (const node of nodesOf(ast)) if (node.start === start && node.end === end) return node;
  return undefined;
}

function mentions(ast: ASTNode, name: string): boolean {
  for (const node of nodesOf(ast)) if (node.op === 'id' && node.args === name) return true;
  return false;
}

/** A rule as Go's `%#v` prints it, which the API server shows in place of its text. */
function goRule(rule: RawSchema): string {
  const text = (key: string): string => JSON.stringify(schemaText(rule, key));
  const { reason, optionalOldSelf } = rule;
  // A pointer that is set prints as its address, which nobody can compare.
  const pointer = (type: string, value: unknown): string =>
    `(*${type})(${value === undefined || value === null ? 'nil' : '0xc000000000'})`;
  return `apiextensions.ValidationRule{Rule:${text('rule')}, Message:${text('message')}, MessageExpression:${text('messageExpression')}, Reason:${pointer('apiextensions.FieldValueErrorReason', reason)}, FieldPath:${text('fieldPath')}, OptionalOldSelf:${pointer('bool', optionalOldSelf)}}`;
}
