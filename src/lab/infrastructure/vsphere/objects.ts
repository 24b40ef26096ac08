import type { KubeObject } from '../../../kube/index.ts';
import type { InfrastructureCluster, InfrastructureMachine, LabelSelector, ObjectReference } from '../../capi/index.ts';

export interface VSphereDisk {
  name: string;
  sizeGiB: number;
  mountPath?: string;
  fsFormat?: string;
  wipeFilesystem?: boolean;
  datastore?: string;
}

export interface VSphereNic {
  networkName: string;
  ip?: string;
  gateway?: string;
  dns?: string[];
}

export interface VSphereSlot {
  hostname: string;
  datacenter?: string;
  network?: { primary: VSphereNic; additional?: VSphereNic[] };
  persistentDisks?: VSphereDisk[];
}

export interface VSphereSlotStatus {
  hostname: string;
  state: 'Available' | 'InUse' | 'Released';
  machineRef?: ObjectReference;
  lastReleasedTime?: string;
}

export interface VSphereMachineConfigPool extends KubeObject {
  spec?: { clusterRef?: ObjectReference; datacenter?: string; releaseDelayHours?: number; configs: VSphereSlot[] };
  status?: { configStatuses?: VSphereSlotStatus[]; consumerRef?: ObjectReference };
}

export interface VSphereCluster extends InfrastructureCluster {
  spec?: {
    server?: string;
    thumbprint?: string;
    identityRef?: { kind: string; name: string };
    controlPlaneEndpoint?: { host: string; port: number };
    failureDomainSelector?: LabelSelector;
  };
}

export interface VSphereDeploymentZone extends KubeObject {
  spec?: { server?: string; failureDomain?: string; controlPlane?: boolean };
}

export interface VSphereMachine extends InfrastructureMachine {
  spec?: {
    providerID?: string;
    failureDomain?: string;
    template?: string;
    server?: string;
    folder?: string;
    datacenter?: string;
    cloneMode?: string;
    memoryMiB?: number;
    numCPUs?: number;
    network?: { devices?: { networkName: string }[] };
    machineConfigPoolRef?: ObjectReference;
    [field: string]: unknown;
  };
}
