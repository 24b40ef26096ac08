import type { KubeObject } from '../../../kube/index.ts';
import type { Column, ResourceDefinition, ScalePaths, Strategy } from '../resource-definition.ts';

/** What most kinds do. */
export const plainStrategy: Strategy = {
  unconditionalUpdate: true,
  createOnUpdate: false,
  generation: false,
  keepStatusOnCreate: false,
};

export interface BuiltInOptions {
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly clusterScoped?: boolean;
  readonly status?: boolean;
  readonly scale?: ScalePaths;
  readonly subresources?: readonly string[];
  readonly strategy?: Partial<Strategy>;
  readonly columns?: readonly Column[];
  /** Path below `/registry/` where it is not the plural. */
  readonly storage?: string;
  readonly singular?: string;
  /** Sent with every answer, as the real server does for what it will give up. */
  readonly deprecationWarning?: string;
}

/** Defines a built-in resource, served and stored in one version. */
export function builtIn(
  apiVersion: string,
  kind: string,
  plural: string,
  options: BuiltInOptions = {},
): ResourceDefinition {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return {
    group: group ?? '',
    plural,
    singular: options.singular ?? kind.toLowerCase(),
    kind,
    listKind: `${kind}List`,
    namespaced: options.clusterScoped !== true,
    shortNames: options.shortNames ?? [],
    categories: options.categories ?? [],
    versions: [
      {
        name: version ?? 'v1',
        columns: options.columns,
        status: options.status === true,
        scale: options.scale,
        deprecationWarning: options.deprecationWarning,
      },
    ],
    storageVersion: version ?? 'v1',
    storagePrefix: `/registry/${options.storage ?? plural}/`,
    strategy: { ...plainStrategy, ...options.strategy },
    subresources: options.subresources ?? [],
  };
}

/** The scale of workloads. */
export const workloadScale: ScalePaths = {
  specReplicas: ['spec', 'replicas'],
  statusReplicas: ['status', 'replicas'],
  selector: ['spec', 'selector'],
};

/** The spec of an object, made when it has none. */
export function specOf(object: KubeObject): Record<string, unknown> {
  const { spec } = object;
  if (spec !== null && typeof spec === 'object' && !Array.isArray(spec)) return spec as Record<string, unknown>;
  const made: Record<string, unknown> = {};
  object.spec = made;
  return made;
}
