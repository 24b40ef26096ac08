import type { ErrorCode, SourcePlace } from '../base/index.ts';
import type { KubeObject } from '../kube/index.ts';
import type { FieldPath, Severity, Site } from '../site/index.ts';
import type { ProviderFacts } from './contract.ts';

export type { FieldPath };

/** An object with what is known about where it was written. */
export interface PlacedObject {
  readonly object: KubeObject;
  /** `site` when all of it was rendered from the site file, `manifest` when a person wrote some of it, `live` when a cluster has it. */
  readonly origin: 'site' | 'manifest' | 'live';
  /** The place of a field, or of its nearest parent that was written; undefined when nothing is known. */
  readonly placeOf: (path: FieldPath) => SourcePlace | undefined;
  readonly snippetOf: (place: SourcePlace) => string | undefined;
  /** The scalar at `path` as it was written, with its quotes; undefined when it was not written as one. */
  readonly textOf?: (path: FieldPath) => string | undefined;
}

/** A set of machines: the control plane, or one MachineDeployment, with what its references lead to. */
export interface MachineSource {
  readonly role: 'controlPlane' | 'worker';
  readonly owner: PlacedObject;
  readonly replicas: number | undefined;
  readonly template: PlacedObject | undefined;
  readonly pool: PlacedObject | undefined;
  /** KubeadmConfigTemplate of workers; the KubeadmControlPlane itself for the control plane. */
  readonly config: PlacedObject | undefined;
  /** Path of the kubeadm config spec inside `config`. */
  readonly configPath: FieldPath;
}

/** Which cluster a view is about. */
export interface ClusterScope {
  /** `none`: the objects belong to no cluster of the run; only rules that apply to `every` object look at them. */
  readonly role: 'global' | 'workload' | 'none';
  /** The name of the cluster as it is written, be it right or wrong. */
  readonly name: string | undefined;
  /** Its Cluster; absent for a file that holds only AppReleases, an import ConfigMap, an installer request or a part of a manifest. */
  readonly root: PlacedObject | undefined;
  /** Whether the view has a Cluster, or machines that need one: rules about the manifest as a whole hold only then. */
  readonly complete: boolean;
  /** What the role was seen by, for messages: `the label is-global`. */
  readonly because: string;
}

/** The objects of one cluster, whatever its provider, and the site that they are for when there is one. */
export interface ObjectsView {
  readonly provider: ProviderFacts | undefined;
  readonly scope: ClusterScope;
  /** The site file, for `global` alone. */
  readonly site: Site | undefined;
  /** The objects of this cluster; an object that two clusters refer to is in both views. */
  readonly objects: readonly PlacedObject[];
  /** What a cluster has now, when files are compared with it; of all clusters. */
  readonly live: readonly PlacedObject[] | undefined;
  /** Kinds that could not be read from a cluster: that none is there says nothing. */
  readonly unread: ReadonlySet<string>;
  /**
   * Whether the objects of a kind were read. A rule that would take an absent object for a mistake, and has more to say, asks; what
   * other rules say is left out when they look at a kind that was not read.
   */
  readonly isRead: (kind: string) => boolean;
  readonly ofKind: (kind: string) => readonly PlacedObject[];
  readonly find: (kind: string, name: unknown) => PlacedObject | undefined;
  readonly sources: readonly MachineSource[];
}

/** What rules look at once the provider is known. */
export interface ManifestView extends ObjectsView {
  readonly provider: ProviderFacts;
}

/**
 * A change of the source text that cures a finding. `rename` takes along every reference of the run. `set` replaces the value at
 * `path` or, where nothing stands there, inserts the last key and the parents that are missing; a string is quoted where YAML would
 * read another type, and always with `quote`. A list index can only be replaced or removed. All changes of a hit are made, or none.
 */
export type RuleFix =
  | { readonly change: 'rename'; readonly at: PlacedObject; readonly to: string }
  | {
      readonly change: 'set';
      readonly at: PlacedObject;
      readonly path: FieldPath;
      readonly value: unknown;
      readonly quote?: boolean;
    }
  | { readonly change: 'remove'; readonly at: PlacedObject; readonly path: FieldPath };

/** What a rule says about one field; the engine adds code, severity, place and snippet. */
export interface RuleHit {
  readonly at: PlacedObject;
  readonly path: FieldPath;
  readonly message: string;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  readonly hint?: string | undefined;
  /** Overrides the rule's own. */
  readonly severity?: Severity;
  /** Changes that are safe to make without asking what was meant. */
  readonly fixes?: readonly RuleFix[];
}

/** A small manifest, or the part of one that matters, with and without the mistake. */
export interface RuleExample {
  readonly bad: string;
  readonly good: string;
}

/** What is said of a rule, wherever it is looked up. Its cure is that of its code in the registry. */
export interface RuleFacts {
  /** The id of the rule. Several rules share one when they find the same mistake, e.g. each in its provider's kinds. */
  readonly code: ErrorCode;
  readonly severity: Severity;
  /** One line: what must hold. */
  readonly what: string;
  /** What happens otherwise. */
  readonly why: string;
  /** Where the guide or the provider's page says so. */
  readonly guide: string;
  readonly example?: RuleExample;
  /** One line: what `--fix` changes; absent when no hit carries fixes. */
  readonly fix?: string;
  /** Whose objects are looked at: those of `global` when not given; `every` runs once a view, those of no cluster included. */
  readonly appliesTo?: 'global' | 'workload' | 'every';
  /** The checks of the site say the same of what is rendered from it; then only hand-written objects are looked at. */
  readonly siteChecksIt?: boolean;
}

/** One mistake that can be made in a manifest, and how it is seen. */
export interface ManifestRule extends RuleFacts {
  readonly needsProvider?: true;
  readonly check: (view: ManifestView) => Iterable<RuleHit>;
}

/** A rule that also looks where nobody knows the provider. */
export interface ObjectsRule extends RuleFacts {
  readonly needsProvider: false;
  readonly check: (view: ObjectsView) => Iterable<RuleHit>;
}

export type LintRule = ManifestRule | ObjectsRule;
