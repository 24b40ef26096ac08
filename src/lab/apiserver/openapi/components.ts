import { builtinType, builtinTypeName, type BuiltinField, type FieldType } from '../../../kube/schema/index.ts';

import { fieldDescription, typeDescription } from './descriptions/index.ts';

/** The `components.schemas` of an OpenAPI document, by their published names. */
export type Components = Record<string, Record<string, unknown>>;

const REF = '#/components/schemas/';

/** Types that the table writes as words and that are published under a name of their own. */
const namedWords: Readonly<Record<string, { readonly name: string; readonly schema: Record<string, unknown> }>> = {
  quantity: {
    name: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
    schema: { oneOf: [{ type: 'string' }, { type: 'number' }] },
  },
  'int-or-string': {
    name: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
    schema: { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  },
  'date-time': {
    name: 'io.k8s.apimachinery.pkg.apis.meta.v1.Time',
    schema: { type: 'string', format: 'date-time' },
  },
  raw: { name: 'io.k8s.apimachinery.pkg.runtime.RawExtension', schema: { type: 'object' } },
};

/** The name under which Kubernetes publishes a type of the table: `core.v1.Pod` is `io.k8s.api.core.v1.Pod`. */
export function publishedName(typeName: string): string {
  const [group = ''] = typeName.split('.');
  if (group === 'meta') return `io.k8s.apimachinery.pkg.apis.${typeName}`;
  if (group === 'apiextensions') return `io.k8s.apiextensions-apiserver.pkg.apis.${typeName}`;
  if (group === 'apiregistration') return `io.k8s.kube-aggregator.pkg.apis.${typeName}`;
  return typeName.startsWith('io.k8s.') ? typeName : `io.k8s.api.${typeName}`;
}

/** A reference to a built-in type; the type and all that it needs are added to the components. */
export function builtinReference(components: Components, typeName: string): Record<string, unknown> {
  const name = publishedName(typeName);
  if (!Object.hasOwn(components, name)) {
    const schema: Record<string, unknown> = { type: 'object' };
    components[name] = schema;
    const type = builtinType(typeName);
    if (type !== undefined) Object.assign(schema, schemaOfType(components, type));
  }
  return { $ref: `${REF}${name}` };
}

/** The component of a built-in kind, marked as that kind. */
export function addBuiltinKind(components: Components, apiVersion: string, kind: string): string | undefined {
  const typeName = builtinTypeName(apiVersion, kind);
  if (typeName === undefined) return undefined;
  builtinReference(components, typeName);
  return publishedName(typeName);
}

function schemaOfType(
  components: Components,
  type: NonNullable<ReturnType<typeof builtinType>>,
): Record<string, unknown> {
  const required = type.fields.filter((field) => field.isRequired).map((field) => field.name);
  const description = typeDescription(type.name);
  return {
    ...(description !== undefined && { description }),
    ...(type.fields.length > 0 && {
      properties: Object.fromEntries(
        type.fields.map((field) => [field.name, fieldSchema(components, type.name, field)]),
      ),
    }),
    ...(required.length > 0 && { required }),
    ...(type.isAtomic && { 'x-kubernetes-map-type': 'atomic' }),
  };
}

function fieldSchema(components: Components, typeName: string, field: BuiltinField): Record<string, unknown> {
  const schema = typeSchema(components, field.type);
  const description = fieldDescription(typeName, field.name);
  const extras = {
    ...(description !== undefined && { description }),
    ...(field.default !== undefined && { default: field.default }),
    ...(field.patchStrategy !== undefined && { 'x-kubernetes-patch-strategy': field.patchStrategy }),
    ...(field.patchMergeKey !== undefined && { 'x-kubernetes-patch-merge-key': field.patchMergeKey }),
  };
  // Whatever stands beside a $ref is ignored by readers; allOf is how the real documents say it.
  return '$ref' in schema && Object.keys(extras).length > 0 ? { allOf: [schema], ...extras } : { ...schema, ...extras };
}

function typeSchema(components: Components, type: FieldType): Record<string, unknown> {
  switch (type.kind) {
    case 'reference':
      return builtinReference(components, type.name);
    case 'list':
      return {
        type: 'array',
        items: typeSchema(components, type.of),
        ...(type.relation === 'none'
          ? { 'x-kubernetes-list-type': 'atomic' }
          : type.relation === 'set'
            ? { 'x-kubernetes-list-type': 'set' }
            : { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': type.relation }),
      };
    case 'map':
      return {
        type: 'object',
        additionalProperties: typeSchema(components, type.of),
        ...(type.isAtomic && { 'x-kubernetes-map-type': 'atomic' }),
      };
    case 'word':
      return wordSchema(components, type.word);
  }
}

function wordSchema(components: Components, word: string): Record<string, unknown> {
  const named = namedWords[word];
  if (named !== undefined) {
    components[named.name] ??= named.schema;
    return { $ref: `${REF}${named.name}` };
  }
  if (word === 'int32' || word === 'int64') return { type: 'integer', format: word };
  if (word === 'byte') return { type: 'string', format: word };
  if (word === 'any') return {};
  return { type: word };
}
