import { definitionSchemaFaults, fieldOfPath } from '../../../../kube/schema/index.ts';
import { equalJson, isObject, objectsIn, textOf, type JsonObject } from '../../json.ts';
import type { StatusCause } from '../../status-error.ts';
import { duplicate, GoSyntax, invalid, required } from './faults.ts';
import { label1035 } from './formats.ts';

/** What versions may each have, and where the internal form keeps it when all of them have the same. */
const SHARED = {
  schema: 'validation',
  subresources: 'subresources',
  additionalPrinterColumns: 'additionalPrinterColumns',
  selectableFields: 'selectableFields',
} as const;
type Part = keyof typeof SHARED;
const PARTS = Object.keys(SHARED) as Part[];

/** Faults of `spec.versions` and of the names in it, each version first, then what all versions share. */
export async function versionFaults(spec: JsonObject): Promise<StatusCause[]> {
  const versions = objectsIn(spec.versions);
  const [first] = versions;
  const isShared = (part: Part): boolean =>
    first !== undefined && versions.every((version) => equalJson(version[part] ?? null, first[part] ?? null));
  const shared = new Set(PARTS.filter(isShared));
  const faults: StatusCause[] = [];
  const at = (i: number): string => `spec.versions[${String(i)}]`;
  versions.forEach((version, i) => {
    if (!isObject(version.schema) || !isObject(version.schema.openAPIV3Schema))
      faults.push(required(`${at(i)}.schema.openAPIV3Schema`, 'schemas are required'));
  });
  for (const [i, version] of versions.entries()) {
    faults.push(...label1035(`${at(i)}.name`, textOf(version.name)), ...warningFaults(version, at(i)));
    for (const part of PARTS)
      if (!shared.has(part)) faults.push(...(await partFaults(version, part, `${at(i)}.${part}`)));
  }
  faults.push(...listFaults(spec, shared));
  const name = textOf(first?.name);
  if (name !== '') faults.push(...label1035('spec.version', name));
  if (first) for (const part of shared) faults.push(...(await partFaults(first, part, `spec.${SHARED[part]}`)));
  return faults;
}

function listFaults(spec: JsonObject, shared: ReadonlySet<Part>): StatusCause[] {
  const versions = objectsIn(spec.versions);
  const faults: StatusCause[] = [];
  const names = versions.map((v) => textOf(v.name));
  const fault = (detail: string): StatusCause =>
    invalid('spec.versions', new GoSyntax(goVersions(versions, shared)), detail);
  if (new Set(names).size !== names.length) faults.push(fault('must contain unique version names'));
  if (versions.filter((v) => v.storage === true).length !== 1)
    faults.push(fault('must have exactly one version marked as storage version'));
  return faults;
}

const GO_VERSION = 'apiextensions.CustomResourceDefinitionVersion';

/** The versions as Go's `%#v` prints them; a pointer that is set prints as its address, which nobody can compare. */
function goVersions(versions: readonly JsonObject[], shared: ReadonlySet<Part>): string {
  const pointer = (name: string, value: unknown): string =>
    `(*${name})(${value === undefined || value === null ? 'nil' : '0xc000000000'})`;
  const texts = versions.map((version) => {
    const part = (name: Part): unknown => (shared.has(name) ? undefined : version[name]);
    const list = (name: Part, item: string): string =>
      part(name) === undefined ? `[]apiextensions.${item}(nil)` : `[]apiextensions.${item}{...}`;
    const fields = {
      Name: JSON.stringify(textOf(version.name)),
      Served: version.served === true,
      Storage: version.storage === true,
      Deprecated: version.deprecated === true,
      DeprecationWarning: pointer('string', version.deprecationWarning),
      Schema: pointer('apiextensions.CustomResourceValidation', part('schema')),
      Subresources: pointer('apiextensions.CustomResourceSubresources', part('subresources')),
      AdditionalPrinterColumns: list('additionalPrinterColumns', 'CustomResourceColumnDefinition'),
      SelectableFields: list('selectableFields', 'SelectableField'),
    };
    return `${GO_VERSION}{${Object.entries(fields)
      .map(([key, value]) => `${key}:${String(value)}`)
      .join(', ')}}`;
  });
  return `[]${GO_VERSION}{${texts.join(', ')}}`;
}

function warningFaults({ deprecated, deprecationWarning: warning }: JsonObject, at: string): StatusCause[] {
  if (typeof warning !== 'string') return [];
  const fault = (detail: string): StatusCause => invalid(`${at}.deprecationWarning`, warning, detail);
  if (deprecated !== true) return [fault('can only be set for deprecated versions')];
  const faults: StatusCause[] = [];
  if (Buffer.byteLength(warning) > 256) faults.push(fault('must be <= 256 characters long'));
  if (warning === '') faults.push(fault('must not be an empty string'));
  const odd = /[^\P{C}]|[^\P{Z} ]/u.exec(warning);
  if (odd)
    faults.push(
      fault(
        `must only contain printable UTF-8 characters; non-printable character found at index ${String(Buffer.byteLength(warning.slice(0, odd.index)))}`,
      ),
    );
  return faults;
}

async function partFaults(version: JsonObject, part: Part, at: string): Promise<StatusCause[]> {
  const value = version[part];
  const schema = isObject(version.schema) ? version.schema.openAPIV3Schema : undefined;
  if (part === 'schema') return isObject(schema) ? await definitionSchemaFaults(schema, `${at}.openAPIV3Schema`) : [];
  if (part === 'subresources') return isObject(value) ? scaleFaults(value.scale, `${at}.scale`) : [];
  if (part === 'additionalPrinterColumns')
    return objectsIn(value).flatMap((column, i) => columnFaults(column, `${at}[${String(i)}]`));
  return isObject(schema) ? selectableFaults(objectsIn(value), schema, at) : [];
}

function scaleFaults(scale: unknown, at: string): StatusCause[] {
  if (!isObject(scale)) return [];
  const under = (key: string, roots: readonly string[], detail: string): StatusCause[] => {
    const path = textOf(scale[key]);
    if (path === '') return [required(`${at}.${key}`)];
    if (!path.startsWith('.')) return [notSimple(`${at}.${key}`, path)];
    return roots.some((root) => path.startsWith(`.${root}.`)) ? [] : [invalid(`${at}.${key}`, path, detail)];
  };
  return [
    ...under('specReplicasPath', ['spec'], 'should be a json path under .spec'),
    ...under('statusReplicasPath', ['status'], 'should be a json path under .status'),
    ...(textOf(scale.labelSelectorPath) === ''
      ? []
      : under('labelSelectorPath', ['spec', 'status'], 'should be a json path under either .spec or .status')),
  ];
}

const notSimple = (at: string, path: string): StatusCause =>
  invalid(at, path, 'must be a simple json path starting with .');

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

function columnFaults(column: JsonObject, at: string): StatusCause[] {
  const faults: StatusCause[] = [];
  const [type, format, path] = [textOf(column.type), textOf(column.format), textOf(column.jsonPath)];
  const types = `must be one of ${COLUMN_TYPES.join(',')}`;
  if (textOf(column.name) === '') faults.push(required(`${at}.name`));
  if (type === '') faults.push(required(`${at}.type`, types));
  else if (!COLUMN_TYPES.includes(type)) faults.push(invalid(`${at}.type`, type, types));
  if (format !== '' && !COLUMN_FORMATS.includes(format))
    faults.push(invalid(`${at}.format`, format, `must be one of ${COLUMN_FORMATS.join(',')}`));
  if (path === '') faults.push(required(`${at}.JSONPath`));
  else if (!path.startsWith('.')) faults.push(notSimple(`${at}.JSONPath`, path));
  return faults;
}

const MAX_SELECTABLE_FIELDS = 8;
const SELECTABLE_TYPES = ['string', 'boolean', 'integer'];

function selectableFaults(fields: readonly JsonObject[], schema: JsonObject, at: string): StatusCause[] {
  const faults: StatusCause[] = [];
  const seen = new Set<string>();
  fields.forEach((field, i) => {
    const place = `${at}[${String(i)}].jsonPath`;
    const path = textOf(field.jsonPath);
    if (path === '') return faults.push(required(place));
    const found = fieldOfPath(schema, path, { allowsBrackets: false });
    if ('fault' in found) return faults.push(invalid(place, path, `is an invalid path: ${found.fault}`));
    if (found.path.split('.')[0] === 'metadata')
      faults.push(invalid(place, path, 'must not point to fields in metadata'));
    if (!SELECTABLE_TYPES.includes(textOf(found.schema['type'])))
      faults.push(
        invalid(
          place,
          path,
          'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
        ),
      );
    if (seen.has(found.path)) faults.push(duplicate(place, path));
    return seen.add(found.path);
  });
  if (seen.size > MAX_SELECTABLE_FIELDS)
    faults.push({
      reason: 'FieldValueTooMany',
      message: `Too many: ${String(seen.size)}: must have at most ${String(MAX_SELECTABLE_FIELDS)} items`,
      field: at,
    });
  return faults;
}
