import type { SiteOptions } from '../datacentre/index.ts';
import type { LinkCondition } from '../network/index.ts';
import type { LabEtcd } from './lab-etcd.ts';

/** What `lab status` shows; the answer of the control API's GET /status. */
export interface LabStatus {
  readonly pid: number;
  readonly home: string;
  readonly startedAt: string;
  /** Of the first site. */
  readonly proxyUrl: string;
  readonly speed: number;
  readonly seed: string;
  /** Of the first site. */
  readonly hostIP: string;
  /** Absent where there is one site, without a name. */
  readonly sites?: readonly { readonly name: string; readonly hostIP: string; readonly proxyUrl: string }[] | undefined;
  /** Between sites: how connections fare that one opens to the other. */
  readonly links?: readonly LabLink[] | undefined;
  /** Stays when idle. */
  readonly keep: boolean;
  readonly idleTimeoutMs: number;
  readonly names: Readonly<Record<string, string>>;
  readonly clusters: readonly {
    /** Where there are several sites. */
    readonly site?: string | undefined;
    readonly name: string;
    readonly server: string;
    readonly nodes: readonly string[];
    /** False while its machines are without power. */
    readonly on: boolean;
    /** Why a server of its control plane ended by itself. */
    readonly failure?: string | undefined;
  }[];
  readonly machines: readonly {
    readonly name: string;
    /** The platform's own identity of it. */
    readonly id: string;
    readonly state: string;
    /** The cluster that it is a node of, and where that stands; absent before it has joined. */
    readonly cluster?: string | undefined;
    readonly site?: string | undefined;
  }[];
  readonly addresses: readonly string[];
  /** The real etcd that the clusters store in, each under `<namespace><cluster>:`; absent when they store in memory. */
  readonly etcd?: { readonly endpoints: readonly string[]; readonly namespace: string } | undefined;
  /** The programs of real control planes; absent when the lab's own API servers serve the clusters. */
  readonly envtest?:
    { readonly folder: string; readonly kubernetesVersion: string; readonly etcdVersion: string } | undefined;
  readonly memoryBytes: number;
}

export type LabLink = LinkCondition & { readonly from: string; readonly to: string };

/** How a lab is started; each has a default. */
export interface LabSettings {
  readonly speed: number;
  readonly seed: string;
  readonly hostIP: string;
  readonly names: ReadonlyMap<string, string>;
  /** Several sites, each with its own bootstrap host; one without a name, with `hostIP`, when absent. */
  readonly sites?: readonly SiteOptions[] | undefined;
  readonly idleTimeoutMs: number;
  readonly keep: boolean;
  /** Where the clusters store; in memory when absent. */
  readonly etcd?: LabEtcd | undefined;
  /** Absolute path of a folder with `kube-apiserver` and `etcd` that the clusters run on; the lab's own when absent. */
  readonly envtest?: string | undefined;
}

export const defaultLabSettings: LabSettings = {
  speed: 60,
  seed: '1',
  // An address of documentation, as long as nobody names the host's own.
  hostIP: '192.0.2.2',
  names: new Map(),
  idleTimeoutMs: 10 * 60_000,
  keep: false,
};

/** Body of the control API's POST /bootstrap. */
export interface BootstrapRequest {
  readonly root: string;
  /** Where the root folder does not tell it. */
  readonly site?: string | undefined;
  readonly hostIP?: string | undefined;
  readonly kubernetesVersion?: string | undefined;
  readonly registryLogin?: { readonly username: string; readonly password: string } | undefined;
  /** The installer serves TLS and wants a token, in place of the guide's plain HTTP. */
  readonly installerTls?: boolean | undefined;
}
