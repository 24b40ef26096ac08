import type { KubeObject } from '../../../kube/index.ts';
import type { Endpoint, InfrastructureCluster, InfrastructureMachine } from '../../capi/index.ts';

export interface DcsPersistentDisk {
  slot: number;
  quantityGB: number;
  datastoreName?: string;
  datastoreClusterName?: string;
  path?: string;
  format?: string;
  options?: string[];
  mountOptions?: string[];
  pciType?: string;
}

export interface DcsSlot {
  ip?: string;
  mask?: string;
  gateway?: string;
  dns?: string;
  hostname?: string;
  machineName?: string;
  additionNic?: { ip?: string }[];
  persistentDisk?: DcsPersistentDisk[];
  [field: string]: unknown;
}

export interface DcsDiskStatus {
  ip: string;
  slot: number;
  name?: string;
  path?: string;
  phase?: 'Creating' | 'Available' | 'Attaching' | 'Attached' | 'Detaching' | 'Deleting' | 'Error';
  volumeUrn?: string;
  datastoreUrn?: string;
  attachedVmUrn?: string;
  ownerMachineName?: string;
  lastError?: string;
  lastTransitionTime?: string;
}

export interface DcsIpHostnamePool extends KubeObject {
  spec?: { pool: DcsSlot[] };
  status?: { persistentDiskStatus?: DcsDiskStatus[] };
}

export interface DcsCluster extends InfrastructureCluster {
  spec?: {
    controlPlaneLoadBalancer?: { host: string; port: number; type: string };
    controlPlaneEndpoint?: Endpoint;
    credentialSecretRef?: { name: string };
    networkType?: string;
    site?: string;
    encryptionProviderConfigRef?: { name: string };
  };
}

export interface DcsMachine extends InfrastructureMachine {
  spec?: {
    providerID?: string;
    vmUrn?: string;
    vmTemplateName?: string;
    ipHostPoolRef?: { name: string };
    vmConfig?: {
      dcsMachineCpuSpec?: { quantity: number };
      dcsMachineMemorySpec?: { quantity: number };
      dcsMachineDiskSpec?: { quantity: number; path?: string; systemVolume?: boolean }[];
    };
  };
  status?: InfrastructureMachine['status'] & { networkConfig?: DcsSlot; cdRomFile?: string };
}
