import type { Clock, SeededRandom } from '../../base/index.ts';
import type { EtcdConnectionOptions, KeyValueStore } from '../../etcd/index.ts';
import type { ClusterCertificates, Validator } from '../apiserver/index.ts';
import type { PodLogStore } from '../kubelet/index.ts';
import type { KeyPair } from '../pki/index.ts';

/** How a client reaches a cluster's etcd: PEM certificates that its authority has signed. */
export interface EtcdAccess {
  /** Loopback port of the etcd API (TLS, client certificate required). */
  readonly loopbackPort: number;
  readonly caPem: string;
  readonly client: KeyPair;
}

/** Certificates of a cluster's etcd, all by one authority. */
export interface EtcdCertificates {
  readonly caPem: string;
  readonly server: KeyPair;
  readonly client: KeyPair;
}

/** Where a cluster's keys are kept when that is not the control plane's own business. */
export interface ClusterStorage {
  /** The cluster's keys as they read in its own etcd (`/registry/...`). Stays open when the control plane closes. */
  readonly store: KeyValueStore;
  /** The real etcd below, and what begins the cluster's keys there. */
  readonly external?: { readonly connection: EtcdConnectionOptions; readonly prefix: string } | undefined;
}

/** What kubeadm's configuration says about the API server. Only a real one goes by it. */
export interface ApiServerSettings {
  /** `apiServer.extraArgs`, without the leading dashes. */
  readonly args: Readonly<Record<string, string>>;
  /** Content of the files that arguments name, by the path in the argument. */
  readonly files: ReadonlyMap<string, string>;
}

/** What a control plane is made from. */
export interface ControlPlaneRequest {
  /** Name of the cluster. */
  readonly name: string;
  readonly certificates: ClusterCertificates;
  readonly etcdCertificates: EtcdCertificates;
  /** `v1.33.7`: the version that the site wants. */
  readonly kubernetesVersion: string;
  readonly serviceCIDR: string;
  readonly apiServer: ApiServerSettings | undefined;
  /** Admission webhooks by qualified resource. */
  readonly validators: Readonly<Record<string, Validator>>;
  readonly logs: PodLogStore;
  readonly storage: ClusterStorage | undefined;
  /** Proxy that leads to nodes and Pods. */
  readonly proxyUrl: string;
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly log: (line: string) => void;
}

/** The etcd and the API server of one cluster, both on loopback. */
export interface ControlPlane {
  readonly apiPort: number;
  readonly etcd: EtcdAccess;
  /** `gitVersion` of the API server. */
  readonly version: string;
  /**
   * What kube-controller-manager does beside its controllers of workloads (token Secrets, aggregated ClusterRoles) is left to
   * controllers; otherwise the API server does it by itself.
   */
  readonly bare: boolean;
  /** Loopback port of what answers for the kubelets (`<node>:10250`), where the API server asks them. */
  readonly kubeletPort: number | undefined;
  /** Why a part of it ended by itself; undefined as long as all runs. */
  failure(): string | undefined;
  close(): Promise<void>;
}

/** Resolves when the API server is ready. What was started is stopped again on failure. */
export type StartControlPlane = (request: ControlPlaneRequest) => Promise<ControlPlane>;
