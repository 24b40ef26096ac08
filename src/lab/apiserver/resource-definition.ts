import type { KubeObject } from '../../kube/index.ts';
import type { UserInfo } from './user-info.ts';
import type { GroupResource, StatusCause } from './status-error.ts';

/** A column of a Table. `priority` above 0 shows only with `-o wide`. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  /** The cell; `nowMs` for ages. undefined prints as nothing. */
  readonly value: (object: KubeObject, nowMs: number) => string | number | boolean | null | undefined;
}

/** One version under which a resource is served. */
export interface ServedVersion {
  readonly name: string;
  readonly columns?: readonly Column[] | undefined;
  /** OpenAPI v3 schema of a custom resource's version. */
  readonly schema?: Readonly<Record<string, unknown>> | undefined;
  readonly status?: boolean | undefined;
  readonly scale?: ScalePaths | undefined;
  readonly deprecationWarning?: string | undefined;
  /** How this version differs from the stored one in more than its apiVersion. */
  readonly conversion?: Conversion | undefined;
  /** Fields beyond metadata.name and metadata.namespace that field selectors may name, as dotted paths. */
  readonly selectableFields?: readonly string[] | undefined;
}

/** Makes the stored form of an object from the form of a version, and back; neither changes what it gets. */
export interface Conversion {
  readonly fromStored: (object: KubeObject) => KubeObject;
  readonly toStored: (object: KubeObject) => KubeObject;
}

/** Where the scale subresource finds its numbers, as field paths. */
export interface ScalePaths {
  readonly specReplicas: readonly string[];
  readonly statusReplicas: readonly string[];
  /** Path of a selector: text (custom resources) or a LabelSelector. */
  readonly selector?: readonly string[] | undefined;
}

/** What a strategy may use. */
export interface StrategyContext {
  readonly nowMs: number;
  /** Who writes. */
  readonly user: UserInfo;
  /** Draws a free address of the service range, or takes the one asked for. */
  readonly allocateClusterIp: (asked?: string) => string;
  readonly allocateNodePort: (asked?: number) => number;
}

/** How objects of one kind behave on their way into the store: what a real API server keeps in its registry strategies. */
export interface Strategy {
  /** PUT without a resourceVersion overwrites; else it is refused. */
  readonly unconditionalUpdate: boolean;
  /** PUT to a name that does not exist creates. */
  readonly createOnUpdate: boolean;
  /** `metadata.generation` is kept and rises with every change outside metadata and status. */
  readonly generation: boolean;
  /** The generation rises with a change of the annotations, too, as that of a Deployment does. */
  readonly annotationsCount?: boolean | undefined;
  /** A status in a create request is kept. */
  readonly keepStatusOnCreate: boolean;
  /** Fills in what the server sets on creation. Changes the object. */
  readonly prepareForCreate?: ((object: KubeObject, context: StrategyContext) => void) | undefined;
  /** Fills in what the server keeps or sets on update. Changes `object`. */
  readonly prepareForUpdate?: ((object: KubeObject, old: KubeObject, context: StrategyContext) => void) | undefined;
  /** What a write to a subresource may not touch, and what it fills in. Changes `object`. */
  readonly prepareForSubresource?:
    | ((object: KubeObject, old: KubeObject, context: StrategyContext & { readonly subresource: string }) => void)
    | undefined;
  /** Defaults that apply on every write, and so on objects made by older servers. */
  readonly applyDefaults?: ((object: KubeObject) => void) | undefined;
  readonly validate?: ((object: KubeObject, old: KubeObject | undefined) => StatusCause[]) | undefined;
  readonly validateSubresource?:
    ((object: KubeObject, old: KubeObject, subresource: string) => StatusCause[]) | undefined;
  /** Fields beyond metadata.name and metadata.namespace that field selectors may name. */
  readonly selectableFields?: ((object: KubeObject) => Readonly<Record<string, string>>) | undefined;
  /** Seconds that a deletion waits for a node to confirm; 0 deletes at once. */
  readonly gracePeriodSeconds?: ((object: KubeObject, asked: number | undefined) => number) | undefined;
}

/** A resource that the server serves, built in or from a CustomResourceDefinition. */
export interface ResourceDefinition extends GroupResource {
  readonly group: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Served versions, the preferred one first. */
  readonly versions: readonly ServedVersion[];
  /** The version in which objects are stored. */
  readonly storageVersion: string;
  /** Key prefix in etcd, with a slash at its end. */
  readonly storagePrefix: string;
  readonly strategy: Strategy;
  /** Further subresources that exist for this kind: `approval`, `log`, `binding`, `eviction`, `finalize`, `token`. */
  readonly subresources: readonly string[];
  /** Name of the CustomResourceDefinition that it comes from. */
  readonly definedBy?: string | undefined;
  /** Its CustomResourceDefinition is being deleted: nothing new can be made. */
  readonly isTerminating?: boolean | undefined;
}

export function versionOf(definition: ResourceDefinition, name: string): ServedVersion | undefined {
  return definition.versions.find((v) => v.name === name);
}

export function groupVersion(definition: { readonly group: string }, version: string): string {
  return definition.group === '' ? version : `${definition.group}/${version}`;
}

/** The etcd key of an object, or the prefix of a namespace's objects when `name` is absent. */
export function storageKey(definition: ResourceDefinition, namespace: string | undefined, name?: string): string {
  const scope = definition.namespaced && namespace !== undefined ? `${namespace}/` : '';
  return `${definition.storagePrefix}${scope}${name ?? ''}`;
}
