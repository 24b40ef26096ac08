import type { ErrorCode, SourcePlace } from '../base/index.ts';
import type { KubeObject } from '../kube/index.ts';
import type { FieldPath, Severity, Site } from '../site/index.ts';
import type { ProviderFacts } from './contract.ts';

export type { FieldPath };

/** An object with what is known about where it was written. */
export interface PlacedObject {
  readonly object: KubeObject;
  /** `site` when all of it was rendered from the site file, `manifest` when a person wrote some of it. */
  readonly origin: 'site' | 'manifest';
  /** The place of a field, or of its nearest parent that was written; undefined when nothing is known. */
  readonly placeOf: (path: FieldPath) => SourcePlace | undefined;
  readonly snippetOf: (place: SourcePlace) => string | undefined;
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

/** What rules look at: the objects of one manifest, and the site that it is for when there is one. */
export interface ManifestView {
  readonly provider: ProviderFacts;
  readonly site: Site | undefined;
  readonly objects: readonly PlacedObject[];
  readonly ofKind: (kind: string) => readonly PlacedObject[];
  readonly find: (kind: string, name: unknown) => PlacedObject | undefined;
  readonly sources: readonly MachineSource[];
}

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
}

/** One mistake that can be made in a manifest, and how it is seen. */
export interface ManifestRule {
  readonly code: ErrorCode;
  readonly severity: Severity;
  /** One line: what must hold. */
  readonly what: string;
  /** What happens otherwise. */
  readonly why: string;
  /** Where the guide or the provider's page says so. */
  readonly guide: string;
  /** The checks of the site say the same of what is rendered from it; then only hand-written objects are looked at. */
  readonly siteChecksIt?: boolean;
  readonly check: (view: ManifestView) => Iterable<RuleHit>;
}
