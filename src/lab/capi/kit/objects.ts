import type { Condition, KubeObject } from '../../../kube/index.ts';

/** References as Cluster API v1beta1 writes them: the kind at a version, by name, in the referrer's namespace by default. */
export interface ObjectReference {
  apiVersion: string;
  kind: string;
  name: string;
  namespace?: string;
  uid?: string;
}

export interface Endpoint {
  host: string;
  port: number;
}

export interface MachineAddress {
  type: 'Hostname' | 'ExternalIP' | 'InternalIP' | 'ExternalDNS' | 'InternalDNS';
  address: string;
}

export interface Taint {
  key: string;
  value?: string;
  effect: string;
}

export interface LabelSelector {
  matchLabels?: Record<string, string> | null;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** What every Cluster API object may carry in its status. */
export interface ConditionedStatus {
  conditions?: Condition[];
  observedGeneration?: number;
}

export interface Cluster extends KubeObject {
  spec?: {
    paused?: boolean;
    clusterNetwork?: {
      pods?: { cidrBlocks: string[] };
      services?: { cidrBlocks: string[] };
      serviceDomain?: string;
      apiServerPort?: number;
    };
    controlPlaneEndpoint?: Endpoint;
    controlPlaneRef?: ObjectReference;
    infrastructureRef?: ObjectReference;
  };
  status?: ConditionedStatus & {
    phase?: 'Pending' | 'Provisioning' | 'Provisioned' | 'Deleting' | 'Failed' | 'Unknown';
    infrastructureReady?: boolean;
    controlPlaneReady?: boolean;
    failureReason?: string;
    failureMessage?: string;
    failureDomains?: Record<string, unknown>;
  };
}

export interface MachineSpec {
  clusterName: string;
  version?: string;
  providerID?: string;
  failureDomain?: string;
  nodeDrainTimeout?: string;
  nodeDeletionTimeout?: string;
  nodeVolumeDetachTimeout?: string;
  taints?: Taint[];
  bootstrap: { configRef?: ObjectReference; dataSecretName?: string };
  infrastructureRef: ObjectReference;
}

export type MachinePhase =
  'Pending' | 'Provisioning' | 'Provisioned' | 'Running' | 'Deleting' | 'Deleted' | 'Failed' | 'Unknown';

export interface Machine extends KubeObject {
  spec: MachineSpec;
  status?: ConditionedStatus & {
    phase?: MachinePhase;
    bootstrapReady?: boolean;
    infrastructureReady?: boolean;
    addresses?: MachineAddress[];
    nodeRef?: ObjectReference;
    nodeInfo?: Record<string, unknown>;
    lastUpdated?: string;
    certificatesExpiryDate?: string;
    failureReason?: string;
    failureMessage?: string;
    deletion?: { nodeDrainStartTime?: string };
  };
}

export interface MachineTemplate {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: MachineSpec;
}

export interface MachineSet extends KubeObject {
  spec: {
    clusterName: string;
    replicas?: number;
    selector: LabelSelector;
    deletePolicy?: string;
    template: MachineTemplate;
  };
  status?: ConditionedStatus & {
    replicas?: number;
    fullyLabeledReplicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    selector?: string;
  };
}

export interface MachineDeployment extends KubeObject {
  spec: {
    clusterName: string;
    replicas?: number;
    paused?: boolean;
    selector: LabelSelector;
    strategy?: {
      type?: string;
      rollingUpdate?: { maxSurge?: number | string; maxUnavailable?: number | string; deletePolicy?: string };
    };
    template: MachineTemplate;
  };
  status?: ConditionedStatus & {
    phase?: string;
    replicas?: number;
    updatedReplicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    unavailableReplicas?: number;
    selector?: string;
  };
}

/** The kubeadm files, users, commands and configuration of one machine; `*Configuration` are kubeadm's own objects. */
export interface KubeadmConfigSpec {
  format?: 'cloud-config' | 'ignition';
  clusterConfiguration?: Record<string, unknown>;
  initConfiguration?: Record<string, unknown>;
  joinConfiguration?: Record<string, unknown>;
  files?: {
    path: string;
    owner?: string;
    permissions?: string;
    encoding?: string;
    append?: boolean;
    content?: string;
    contentFrom?: { secret: { name: string; key: string } };
  }[];
  users?: { name: string; sudo?: string; sshAuthorizedKeys?: string[]; [field: string]: unknown }[];
  preKubeadmCommands?: string[];
  postKubeadmCommands?: string[];
}

export interface KubeadmConfig extends KubeObject {
  spec?: KubeadmConfigSpec;
  status?: ConditionedStatus & {
    ready?: boolean;
    dataSecretName?: string;
    failureReason?: string;
    failureMessage?: string;
  };
}

export interface KubeadmControlPlane extends KubeObject {
  spec: {
    replicas?: number;
    version: string;
    rolloutStrategy?: { type?: string; rollingUpdate?: { maxSurge?: number | string } };
    machineTemplate: {
      metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
      infrastructureRef: ObjectReference;
      nodeDrainTimeout?: string;
      nodeDeletionTimeout?: string;
      nodeVolumeDetachTimeout?: string;
      taints?: Taint[];
    };
    kubeadmConfigSpec: KubeadmConfigSpec;
  };
  status?: ConditionedStatus & {
    initialized?: boolean;
    ready?: boolean;
    replicas?: number;
    readyReplicas?: number;
    updatedReplicas?: number;
    unavailableReplicas?: number;
    selector?: string;
    version?: string;
    failureReason?: string;
    failureMessage?: string;
  };
}

/** What the core controllers read from any provider's cluster object. */
export interface InfrastructureCluster extends KubeObject {
  spec?: { controlPlaneEndpoint?: Endpoint; [field: string]: unknown };
  status?: ConditionedStatus & {
    ready?: boolean;
    failureReason?: string;
    failureMessage?: string;
    failureDomains?: Record<string, unknown>;
    [field: string]: unknown;
  };
}

/** What the core controllers read from any provider's machine object. */
export interface InfrastructureMachine extends KubeObject {
  spec?: { providerID?: string; failureDomain?: string; [field: string]: unknown };
  status?: ConditionedStatus & {
    ready?: boolean;
    addresses?: MachineAddress[];
    failureReason?: string;
    failureMessage?: string;
    [field: string]: unknown;
  };
}

/** A Kubernetes Secret; `data` is base64. */
export interface Secret extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}

export interface Node extends KubeObject {
  spec?: { providerID?: string; unschedulable?: boolean; taints?: Taint[]; podCIDR?: string };
  status?: { conditions?: Condition[]; addresses?: MachineAddress[]; nodeInfo?: Record<string, string> };
}

/** Labels and annotations that Cluster API gives meaning to. */
export const labels = {
  clusterName: 'cluster.x-k8s.io/cluster-name',
  controlPlane: 'cluster.x-k8s.io/control-plane',
  controlPlaneName: 'cluster.x-k8s.io/control-plane-name',
  deploymentName: 'cluster.x-k8s.io/deployment-name',
  setName: 'cluster.x-k8s.io/set-name',
  templateHash: 'machine-template-hash',
} as const;

export const annotations = {
  paused: 'cluster.x-k8s.io/paused',
  clonedFromName: 'cluster.x-k8s.io/cloned-from-name',
  clonedFromGroupKind: 'cluster.x-k8s.io/cloned-from-groupkind',
  clusterName: 'cluster.x-k8s.io/cluster-name',
  clusterNamespace: 'cluster.x-k8s.io/cluster-namespace',
  machine: 'cluster.x-k8s.io/machine',
  ownerKind: 'cluster.x-k8s.io/owner-kind',
  ownerName: 'cluster.x-k8s.io/owner-name',
  revision: 'machinedeployment.clusters.x-k8s.io/revision',
  deleteMachine: 'cluster.x-k8s.io/delete-machine',
  kubeadmClusterConfiguration: 'controlplane.cluster.x-k8s.io/kubeadm-cluster-configuration',
} as const;
