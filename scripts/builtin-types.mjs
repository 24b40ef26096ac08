#!/usr/bin/env node
/**
 * Writes src/kube/schema/builtin/builtin-types.ts: names, types and list semantics of the fields of built-in kinds, without
 * descriptions, from the OpenAPI v3 documents that Kubernetes publishes (api/openapi-spec/v3 of a release).
 *
 *   node scripts/builtin-types.mjs <folder with *_openapi.json> <release, e.g. 1.33>
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, release] = process.argv.slice(2);
if (!folder || !release) {
  process.stderr.write('usage: node scripts/builtin-types.mjs FOLDER RELEASE\n');
  process.exit(2);
}

const GROUPS =
  /^(api__v1|apis__(apps|batch|policy|rbac\.authorization\.k8s\.io|coordination\.k8s\.io|networking\.k8s\.io|storage\.k8s\.io|scheduling\.k8s\.io|apiextensions\.k8s\.io|apiregistration\.k8s\.io|admissionregistration\.k8s\.io|authentication\.k8s\.io|authorization\.k8s\.io|discovery\.k8s\.io|events\.k8s\.io|node\.k8s\.io|certificates\.k8s\.io)__v1|apis__autoscaling__v[12])_openapi\.json$/;
const PREFIXES = [
  ['io.k8s.api.', ''],
  ['io.k8s.apimachinery.pkg.apis.', ''],
  ['io.k8s.apiextensions-apiserver.pkg.apis.', ''],
  ['io.k8s.kube-aggregator.pkg.apis.', ''],
];
/** Types that are written as a word. A schema inside a schema would never end; free JSON has one owner. */
const WORDS = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'quantity',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'int-or-string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'date-time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'date-time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'raw',
  'io.k8s.apimachinery.pkg.runtime.RawExtension': 'raw',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON': 'any',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps': 'object',
};

const schemas = {};
for (const file of readdirSync(folder).filter((name) => GROUPS.test(name))) {
  Object.assign(schemas, JSON.parse(readFileSync(join(folder, file), 'utf8')).components.schemas);
}

const shortName = (name) => {
  const found = PREFIXES.find(([prefix]) => name.startsWith(prefix));
  return found ? found[1] + name.slice(found[0].length) : name;
};
const refOf = (schema) => (schema.$ref ?? schema.allOf?.[0]?.$ref)?.split('/').at(-1);

const needed = new Map();
function expression(schema) {
  const ref = refOf(schema);
  if (ref) {
    if (WORDS[ref]) return WORDS[ref];
    need(ref);
    return `@${shortName(ref)}`;
  }
  if (schema.type === 'array') {
    const type = schema['x-kubernetes-list-type'];
    const keys = type === 'map' ? schema['x-kubernetes-list-map-keys'].join(',') : type === 'set' ? 'set' : '';
    return `[${keys}]${expression(schema.items)}`;
  }
  if (schema.type === 'object') {
    if (!schema.additionalProperties) return 'object';
    return `{${schema['x-kubernetes-map-type'] === 'atomic' ? '^' : ''}}${expression(schema.additionalProperties)}`;
  }
  if (schema.type === 'string') return schema.format === 'byte' ? 'byte' : 'string';
  if (schema.type === 'integer') return schema.format ?? 'int64';
  return schema.type ?? 'any';
}

function field(name, schema, required) {
  const strategy = schema['x-kubernetes-patch-strategy'];
  const key = schema['x-kubernetes-patch-merge-key'];
  const patch = strategy ? `~${strategy}${key ? `/${key}` : ''}` : '';
  const isStruct = Boolean(refOf(schema)) && JSON.stringify(schema.default) === '{}';
  const isMeant = ['string', 'boolean', 'number'].includes(typeof schema.default) && Boolean(schema.default);
  return `${name}${required ? '!' : ''}:${expression(schema)}${patch}${isMeant ? `=${schema.default}` : isStruct ? '=' : ''}`;
}

function need(name) {
  if (needed.has(name)) return;
  needed.set(name, '');
  const schema = schemas[name];
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => field(key, value, required.has(key)));
  needed.set(
    name,
    `${shortName(name)}${schema['x-kubernetes-map-type'] === 'atomic' ? '^' : ''} ${fields.join(' ')}`.trim(),
  );
}

const kinds = [];
for (const [name, schema] of Object.entries(schemas)) {
  const gvks = schema['x-kubernetes-group-version-kind'] ?? [];
  if (gvks.length !== 1 || !schema.properties?.metadata || gvks[0].kind.endsWith('List')) continue;
  const [{ group, version, kind }] = gvks;
  need(name);
  kinds.push(`${group ? `${group}/` : ''}${version} ${kind} ${shortName(name)}`);
}
need('io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta');
need('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions');
need('io.k8s.apimachinery.pkg.apis.meta.v1.Status');

const text = `/**
 * Fields of the built-in kinds of Kubernetes ${release}, one type a line; see builtin-schema.ts for the notation.
 * Written by scripts/builtin-types.mjs from the published OpenAPI documents; not edited by hand.
 */
export const BUILTIN_KINDS = \`
${kinds.sort().join('\n')}
\`;

export const BUILTIN_TYPES = \`
${[...needed.values()].sort().join('\n')}
\`;
`;
writeFileSync(new URL('../src/kube/schema/builtin/builtin-types.ts', import.meta.url), text);
process.stderr.write(`${kinds.length} kinds, ${needed.size} types, ${text.length} characters\n`);
