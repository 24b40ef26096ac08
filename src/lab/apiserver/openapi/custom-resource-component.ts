import { isJsonObject } from '../../../kube/schema/index.ts';
import { fieldDescription } from './descriptions/index.ts';
import { builtinReference, type Components } from './components.ts';

/** `io.x-k8s.cluster.v1beta1.Machine`: the group's labels in reverse, as kube-apiserver names components of CRDs. */
export function customComponentName(group: string, version: string, kind: string): string {
  return [...group.split('.').reverse(), version, kind].join('.');
}

/** Adds the schema of a custom resource as it is published: apiVersion, kind and ObjectMeta filled in. */
export function addCustomKind(
  components: Components,
  {
    group,
    version,
    kind,
    schema,
  }: { group: string; version: string; kind: string; schema: Readonly<Record<string, unknown>> | undefined },
): string {
  const name = customComponentName(group, version, kind);
  const properties = isJsonObject(schema?.['properties']) ? schema['properties'] : {};
  components[name] = {
    ...(schema ?? { 'x-kubernetes-preserve-unknown-fields': true }),
    type: 'object',
    properties: {
      ...(publish(properties) as Record<string, unknown>),
      apiVersion: { type: 'string', ...described('apiVersion') },
      kind: { type: 'string', ...described('kind') },
      metadata: { allOf: [builtinReference(components, 'meta.v1.ObjectMeta')], ...described('metadata') },
    },
  };
  return name;
}

/** What is said of a field that every object has. */
function described(field: string): Record<string, string> {
  return { description: fieldDescription('*', field) ?? '' };
}

/** Int-or-string is published by its extension alone: generated readers stumble over its anyOf. */
function publish(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(publish);
  if (!isJsonObject(schema)) return schema;
  const isIntOrString = schema['x-kubernetes-int-or-string'] === true;
  const entries = Object.entries(schema).filter(([key]) => !(isIntOrString && key === 'anyOf'));
  return Object.fromEntries(entries.map(([key, value]) => [key, publish(value)]));
}
