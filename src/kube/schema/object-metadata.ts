import type { StructuralSchema } from './structural-schema.ts';

const text: StructuralSchema = { type: 'string' };
const textMap: StructuralSchema = { type: 'object', additionalProperties: text };

/** metav1.ObjectMeta as a structural schema, with its list semantics for patches and server-side apply. */
export const objectMetaSchema: StructuralSchema = {
  type: 'object',
  properties: {
    annotations: textMap,
    creationTimestamp: { type: 'string', format: 'date-time', nullable: true },
    deletionGracePeriodSeconds: { type: 'integer', format: 'int64' },
    deletionTimestamp: { type: 'string', format: 'date-time', nullable: true },
    finalizers: { type: 'array', items: text, 'x-kubernetes-list-type': 'set', 'x-kubernetes-patch-strategy': 'merge' },
    generateName: text,
    generation: { type: 'integer', format: 'int64' },
    labels: textMap,
    managedFields: {
      type: 'array',
      'x-kubernetes-list-type': 'atomic',
      items: {
        type: 'object',
        properties: {
          apiVersion: text,
          fieldsType: text,
          fieldsV1: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          manager: text,
          operation: text,
          subresource: text,
          time: { type: 'string', format: 'date-time' },
        },
      },
    },
    name: text,
    namespace: text,
    ownerReferences: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uid'],
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'uid',
      items: {
        type: 'object',
        required: ['apiVersion', 'kind', 'name', 'uid'],
        'x-kubernetes-map-type': 'atomic',
        properties: {
          apiVersion: text,
          blockOwnerDeletion: { type: 'boolean' },
          controller: { type: 'boolean' },
          kind: text,
          name: text,
          uid: text,
        },
      },
    },
    resourceVersion: text,
    selfLink: text,
    uid: text,
  },
};

/**
 * The schema of a whole custom resource: what the CRD says, with `apiVersion`, `kind` and ObjectMeta filled in. CRDs may only
 * restrict `metadata.name` and `metadata.generateName`; those restrictions are kept.
 */
export function customResourceSchema(schema: StructuralSchema): StructuralSchema {
  return withObjectMeta({ ...schema, type: 'object' });
}

/** The schema of an `x-kubernetes-embedded-resource`: a whole object inside another one. */
export function embeddedResourceSchema(schema: StructuralSchema): StructuralSchema {
  return withObjectMeta(schema);
}

function withObjectMeta(schema: StructuralSchema): StructuralSchema {
  const restricted = schema.properties?.['metadata']?.properties ?? {};
  const metadata: StructuralSchema = {
    ...objectMetaSchema,
    properties: { ...objectMetaSchema.properties, ...restricted },
  };
  return { ...schema, properties: { ...schema.properties, apiVersion: text, kind: text, metadata } };
}
