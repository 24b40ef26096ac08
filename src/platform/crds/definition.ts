import { qualifiedName, type KubeObject, type Resource } from '../../kube/index.ts';

/** A structural schema, as far as these definitions need it. */
export interface SchemaNode {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode;
  readonly enum?: readonly string[];
  readonly format?: string;
  readonly minLength?: number;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly default?: unknown;
  readonly 'x-kubernetes-preserve-unknown-fields'?: true;
  readonly 'x-kubernetes-list-type'?: 'map' | 'set' | 'atomic';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
}

export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date' | 'boolean';
  readonly jsonPath: string;
  readonly priority?: number;
}

export const text: SchemaNode = { type: 'string' };
export const flag: SchemaNode = { type: 'boolean' };
export const whole: SchemaNode = { type: 'integer', format: 'int64' };
export const moment: SchemaNode = { type: 'string', format: 'date-time' };
/** An object whose content is somebody else's business. */
export const open: SchemaNode = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

export function record(properties: Readonly<Record<string, SchemaNode>>, required: readonly string[] = []): SchemaNode {
  return { type: 'object', properties, ...(required.length > 0 && { required }) };
}

export function list(items: SchemaNode): SchemaNode {
  return { type: 'array', items };
}

export const conditions: SchemaNode = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
  items: record(
    {
      type: text,
      status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
      reason: text,
      message: text,
      severity: text,
      lastTransitionTime: moment,
      observedGeneration: whole,
    },
    ['type', 'status'],
  ),
};

/** A CustomResourceDefinition with one version, the status subresource, and the printer columns of `kubectl get`. */
export function define(options: {
  readonly resource: Resource;
  readonly spec: SchemaNode;
  readonly status: SchemaNode;
  readonly shortNames?: readonly string[];
  readonly columns: readonly PrinterColumn[];
}): KubeObject {
  const { resource, spec, status, shortNames = [], columns } = options;
  const singular = resource.kind.toLowerCase();
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: qualifiedName(resource) },
    spec: {
      group: resource.group,
      scope: resource.namespaced ? 'Namespaced' : 'Cluster',
      names: {
        kind: resource.kind,
        listKind: `${resource.kind}List`,
        plural: resource.plural,
        singular,
        ...(shortNames.length > 0 && { shortNames }),
      },
      versions: [
        {
          name: resource.version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            ...columns,
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
          ],
          schema: {
            openAPIV3Schema: record({ apiVersion: text, kind: text, metadata: { type: 'object' }, spec, status }),
          },
        },
      ],
    },
  };
}
