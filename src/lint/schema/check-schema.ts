import { describeObject } from '../../kube/index.ts';
import { isRecord, type FieldPath, type PlacedObject } from '../../providers/index.ts';
import { formatPath, nearestName, valueAt } from '../../site/index.ts';
import { whereOf } from '../engine.ts';
import type { LintFinding } from '../finding.ts';
import type { SchemaSet } from './schema-set.ts';

/** What the schemas say against objects; nothing about kinds that no schema is known of. */
export async function checkSchemas(objects: readonly PlacedObject[], schemas: SchemaSet): Promise<LintFinding[]> {
  const findings: LintFinding[] = [];
  for (const at of objects) findings.push(...(await checkObject(at, schemas)));
  return findings;
}

async function checkObject(at: PlacedObject, schemas: SchemaSet): Promise<LintFinding[]> {
  const { object } = at;
  const answer = await schemas.answerFor(object.apiVersion, object.kind);
  if (!answer) return [];
  if ('served' in answer)
    return [
      findingAt(at, ['apiVersion'], {
        code: 'LINT_SCHEMA',
        message: `${object.kind} is not served as ${object.apiVersion}`,
        expected: answer.served.join(' or '),
        found: object.apiVersion,
      }),
    ];
  const { validator, recorded } = answer;
  const unknown = validator.unknownFields(object).map((field) => {
    const path = pathIn(object, field);
    const near = nearestName(String(path.at(-1)), siblings(validator.schema, path));
    return findingAt(at, path, {
      code: 'LINT_UNKNOWN_FIELD',
      message: `${object.kind} has no field ${field}`,
      found: field,
      ...(recorded && { severity: 'warning' }),
      ...(near !== undefined
        ? { hint: `Did you mean ${near}?` }
        : recorded && { hint: 'Give --crds DIR with the CRDs of your packages, which may know it.' }),
    });
  });
  // `<nil>` says that further rules were not checked because of what is reported already.
  // The API server fills in defaults first, and drops a null that a field cannot have.
  const broken = validator
    .validate(validator.applyDefaults(structuredClone(object)))
    .filter(({ field }) => field !== '<nil>')
    .filter(({ field, message }) => !message.includes('of type byte') || !isDecodable(object, field))
    .map(({ field, message }) =>
      findingAt(at, pathIn(object, field), {
        code: 'LINT_SCHEMA',
        message: `${field}: ${hideSecret(at, field, message)}`,
      }),
    );
  return [...unknown, ...broken];
}

function findingAt(
  at: PlacedObject,
  path: FieldPath,
  finding: Pick<LintFinding, 'code' | 'message'> & Partial<LintFinding>,
): LintFinding {
  return {
    severity: 'error',
    path: formatPath(path),
    subject: describeObject(at.object),
    ...whereOf({ at, path }),
    ...finding,
    at,
  };
}

/** The API server's words quote the value that they refuse, more than once. */
function hideSecret({ object }: PlacedObject, field: string, message: string): string {
  if (object.kind !== 'Secret' || !/^(?:data|stringData)\b/.test(field)) return message;
  return `${message.split(':')[0] ?? 'Invalid value'} (not shown)`;
}

/** Decoders of Kubernetes skip line ends inside base64, and take nothing for no bytes; the format of the schema does not. */
function isDecodable(object: unknown, field: string): boolean {
  const value = valueAt(object, pathIn(object, field));
  return (
    typeof value === 'string' &&
    /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value.replaceAll(/[\r\n]/g, ''))
  );
}

/**
 * The steps of a field as the API server writes it. Keys may hold dots and brackets themselves, so that each step is the longest
 * key of the object that fits; a step that the object does not have ends at the next dot or bracket.
 */
export function pathIn(object: unknown, field: string): FieldPath {
  const path: (string | number)[] = [];
  let rest = field;
  while (rest !== '') {
    const at = valueAt(object, path);
    const bracket = /^\[([^\]]*)\]/.exec(rest);
    if (bracket) {
      path.push(Array.isArray(at) ? Number(bracket[1]) : (bracket[1] ?? ''));
      rest = rest.slice(bracket[0].length);
      continue;
    }
    rest = rest.replace(/^\./, '');
    const known = isRecord(at) ? Object.keys(at).filter((key) => fits(rest, key)) : [];
    const step = known.sort((a, b) => b.length - a.length)[0] ?? /^[^.[]*/.exec(rest)?.[0] ?? rest;
    if (step === '') break;
    path.push(step);
    rest = rest.slice(step.length);
  }
  return path;
}

function fits(rest: string, key: string): boolean {
  return rest.startsWith(key) && (rest.length === key.length || /[.[]/.test(rest.charAt(key.length)));
}

/** The names that the schema knows where a field stands. */
function siblings(schema: unknown, path: FieldPath): string[] {
  let node: unknown = schema;
  for (const step of path.slice(0, -1)) {
    if (!isRecord(node)) return [];
    const properties = node['properties'];
    node =
      typeof step === 'number'
        ? node['items']
        : isRecord(properties)
          ? (properties[step] ?? node['additionalProperties'])
          : undefined;
  }
  const properties = isRecord(node) ? node['properties'] : undefined;
  return isRecord(properties) ? Object.keys(properties) : [];
}
