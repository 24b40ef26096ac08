import type { KubeObject, Resource } from '../kube/index.ts';
import type { FieldFinding, SecretReference, Site, SiteParts } from '../site/index.ts';
import type { ImportEntry } from './shared/site-fields.ts';

export type { ImportEntry };

/** An object of the manifest and the part of the site file that it says, for messages about it. */
export interface RenderedObject {
  readonly object: KubeObject;
  /** Path of a field of the site file: `controlPlane`, `workers[0]`, `dcs.credentials`. */
  readonly from: string;
}

/** A secret that rendering needs. */
export interface SecretNeed {
  /** Under which name `objects` finds it. */
  readonly key: string;
  readonly reference: SecretReference;
  /** The field of the site file that holds the reference. */
  readonly path: string;
}

export interface RenderInputs {
  readonly site: Site;
  /** Whether the bootstrap registry wants a login, so that Pods of the new cluster name its Secret. */
  readonly authenticated: boolean;
  /** The resolved values of `secretNeeds`, by key. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Something that the tool decided and a person should know, with the reason. */
export interface Note {
  readonly topic: string;
  readonly text: string;
}

/** Where a provider's kinds keep what rules of every provider ask for. Paths are keys from the object's root. */
export interface ProviderShape {
  /** In the machine template: the object that names the pool. */
  readonly poolRef: readonly string[];
  /** In the pool: the list with one entry per node. */
  readonly slots: readonly string[];
  /** Where in a slot the addresses of its NICs stand, that of the node first; a prefix length may follow the address. */
  readonly slotAddressPaths: (slot: unknown) => readonly (readonly (string | number)[])[];
  /** In a slot: the gateway of the first NIC; undefined where slots have none. */
  readonly slotGateway: readonly string[] | undefined;
  /** In a slot: the list of disks that outlive the VM, and the key of a disk's mount path. */
  readonly slotDisks: string;
  readonly slotDiskMount: string;
  /** In the machine template: the list of disks that die with the VM; undefined where there is none. */
  readonly templateDisks: readonly string[] | undefined;
  readonly templateDiskMount: string;
  /** In the infra cluster: the name of the credential Secret. */
  readonly credentialRef: readonly string[];
  /** In the infra cluster: the address of the control plane. */
  readonly endpoint: readonly string[];
  /** Mount paths that must exist, in the template or the pool as `where` says. */
  readonly mandatoryDisks: readonly MandatoryDisk[];
  /** Keys below the machine template's spec.template.spec that only controllers set. */
  readonly runtimeFields: readonly string[];
}

export interface MandatoryDisk {
  readonly path: string;
  readonly where: 'template' | 'pool';
  readonly roles: readonly ('controlPlane' | 'worker')[];
}

/** What differs in the body of the installer request (guide step 8). */
export interface InstallerDifferences {
  readonly consoleHost: readonly string[];
  /** The whole `cluster` object; absent where the endpoint and the CIDRs come from the manifest. */
  readonly cluster?: Readonly<Record<string, unknown>> | undefined;
}

/** A place that must be reachable, for the checks before an install and for the support bundle. */
export interface Route {
  readonly from: 'bootstrap host' | 'nodes';
  readonly host: string;
  readonly port: number;
  readonly use: string;
}

/** What a failed or waiting object means: the cause in words and what a person does about it. */
export interface FailureReading {
  readonly cause: string;
  readonly cure: string;
}

/** The words that an object and its surroundings say about a failure. */
export interface FailureEvidence {
  readonly object: KubeObject;
  /** Events and log lines about it, newest last. */
  readonly messages?: readonly string[];
}

export interface ProviderKinds {
  readonly cluster: Resource;
  readonly machine: Resource;
  readonly machineTemplate: Resource;
  readonly pool: Resource;
}

/** Names of the delivery: the AppRelease is also the Helm release, its chart lies under `ait/`. */
export interface ProviderPackage {
  readonly release: string;
  readonly chart: string;
  /** The guide's variables for the package path and the chart version. */
  readonly packVariable: string;
  readonly versionVariable: string;
}

/** Everything that differs between providers, without the rules about it. */
export interface ProviderFacts {
  readonly status: 'supported';
  readonly id: string;
  readonly title: string;
  readonly parts: SiteParts;
  readonly kinds: ProviderKinds;
  readonly shape: ProviderShape;
  /** Value of the Cluster label `cluster-type`. */
  readonly clusterType: string;
  /** Annotations that Cluster must carry beyond the three of every provider; values are checked elsewhere. */
  readonly clusterAnnotations: readonly string[];
  readonly format: {
    readonly write: 'ignition' | 'cloud-config';
    readonly mayBeAbsent: boolean;
    /** What the provider's controller answers to another format. */
    readonly refusal: (found: string) => string;
  };
  readonly package: ProviderPackage;
  readonly crds: {
    /** The guide waits for these, after the kubeadm provider's. */
    readonly awaited: readonly string[];
    /** Delivered by the same chart. */
    readonly delivered: readonly string[];
  };
  /** Paths on the bootstrap host, without the leading slash: they hang under `bootstrap.hostRoot`. */
  readonly files: { readonly appReleases: string; readonly manifest: string; readonly installerRequest: string };
  readonly credentialSecretName: (site: Site) => string;
  readonly secretNeeds: (site: Site) => readonly SecretNeed[];
  /** The complete manifest, in the order of the provider's page. */
  readonly objects: (inputs: RenderInputs) => Promise<readonly RenderedObject[]>;
  /** What the import list must hold beside what a site adds, for the credential Secret of that name; none where the built-in flow does it. */
  readonly requiredImports: (credentialSecret: string) => readonly ImportEntry[];
  /** The list for the import ConfigMap; undefined where none is to be created. */
  readonly imports: (site: Site) => readonly ImportEntry[] | undefined;
  readonly installer: (site: Site) => InstallerDifferences;
  readonly notes: (site: Site) => readonly Note[];
  readonly routes: (site: Site) => readonly Route[];
  /** Faults of the site that only this provider knows. */
  readonly checkSite: (site: Site) => readonly FieldFinding[];
  readonly readFailure: (evidence: FailureEvidence) => FailureReading | undefined;
}
