import type { KubeObject } from '../object.ts';
import type { StructuralSchema } from './structural-schema.ts';

/** `additionalPrinterColumns` of a CRD version. `Age` is added by the builder. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly jsonPath: string;
  /** Above 0: shown by `-o wide` only. */
  readonly priority?: number;
}

export interface CrdVersion {
  readonly name: string;
  /** Schemas of `spec` and `status`; a kind without a status leaves it out. */
  readonly spec?: StructuralSchema;
  readonly isSpecRequired?: boolean;
  readonly status?: StructuralSchema;
  /** Whole schema in place of spec and status. */
  readonly schema?: StructuralSchema;
  readonly columns?: readonly PrinterColumn[];
  readonly hasStatusSubresource?: boolean;
  readonly scale?: { readonly specReplicas: string; readonly statusReplicas: string; readonly selector?: string };
  /** Default true. */
  readonly isServed?: boolean;
  /** Default: the last version given. */
  readonly isStored?: boolean;
  readonly isDeprecated?: boolean;
}

export interface CrdDefinition {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly scope?: 'Namespaced' | 'Cluster';
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly versions: readonly CrdVersion[];
}

const AGE: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

/** A column; the path starts with a dot, as in CRDs. */
export function column(name: string, type: PrinterColumn['type'], jsonPath: string, priority = 0): PrinterColumn {
  return { name, type, jsonPath, ...(priority > 0 && { priority }) };
}

export const ageColumn = AGE;

/** A CustomResourceDefinition (apiextensions.k8s.io/v1) ready to be applied. Without columns of its own a version shows its age. */
export function crd(definition: CrdDefinition): KubeObject {
  const { group, kind, plural, versions, labels, annotations } = definition;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      ...(labels && { labels: { ...labels } }),
      ...(annotations && { annotations: { ...annotations } }),
    },
    spec: {
      group,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        ...(definition.shortNames && { shortNames: [...definition.shortNames] }),
        ...(definition.categories && { categories: [...definition.categories] }),
      },
      scope: definition.scope ?? 'Namespaced',
      versions: versions.map((version, index) => crdVersion(version, index === versions.length - 1)),
    },
  };
}

function crdVersion(version: CrdVersion, isLast: boolean): Record<string, unknown> {
  const { scale } = version;
  const subresources = {
    ...((version.hasStatusSubresource ?? version.status !== undefined) && { status: {} }),
    ...(scale && {
      scale: {
        specReplicasPath: scale.specReplicas,
        statusReplicasPath: scale.statusReplicas,
        ...(scale.selector !== undefined && { labelSelectorPath: scale.selector }),
      },
    }),
  };
  return {
    name: version.name,
    served: version.isServed ?? true,
    storage: version.isStored ?? isLast,
    ...(version.isDeprecated === true && { deprecated: true }),
    schema: { openAPIV3Schema: version.schema ?? rootSchema(version) },
    ...(version.columns && { additionalPrinterColumns: version.columns.map((c) => ({ ...c })) }),
    ...(Object.keys(subresources).length > 0 && { subresources }),
  };
}

function rootSchema({ spec, isSpecRequired, status }: CrdVersion): StructuralSchema {
  return {
    type: 'object',
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      ...(spec && { spec }),
      ...(status && { status }),
    },
    ...(isSpecRequired === true && { required: ['spec'] }),
  };
}
