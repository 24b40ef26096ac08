import type { KubeObject } from '../../../kube/index.ts';
import type { InfrastructureCluster, InfrastructureMachine } from '../../capi/index.ts';

export interface HcsPersistentDisk {
  slot: number;
  size: number;
  type: string;
  mountPath?: string;
  format?: string;
  mountOptions?: string[];
}

export interface HcsNetwork {
  subnetName?: string;
  subnetId?: string;
  /** The deprecated spelling. */
  subenetName?: string;
  ipAddress?: string;
}

export interface HcsConfig {
  hostname: string;
  networks: HcsNetwork[];
  persistentDisks?: HcsPersistentDisk[];
}

export interface HcsDiskStatus {
  hostname: string;
  slot: number;
  name?: string;
  phase?: 'Creating' | 'Available' | 'Attaching' | 'Attached' | 'Detaching' | 'Deleting' | 'Error';
  volumeID?: string;
  attachedServerID?: string;
  availabilityZone?: string;
  ownerMachineName?: string;
  lastError?: string;
  lastTransitionTime?: string;
}

export interface HcsMachineConfigPool extends KubeObject {
  spec?: { configs?: HcsConfig[] };
  status?: {
    totalCount?: number;
    availableCount?: number;
    usedConfigs?: { hostname: string; machineRef: string }[];
    persistentDiskStatus?: HcsDiskStatus[];
  };
}

export interface HcsCluster extends InfrastructureCluster {
  spec?: {
    networkType?: string;
    identityRef?: { name: string };
    network?: {
      vpc?: { name?: string };
      subnets?: { name?: string; id?: string }[];
      securityGroup?: { name?: string };
    };
    controlPlaneLoadBalancer?: {
      vipAddress?: string;
      vipSubnetName?: string;
      vipDomainName?: string;
      elbVirsubnetL4Ips?: { subnetName?: string; ips?: string[] }[];
      elbVirsubnetL7Ips?: { subnetName?: string; ips?: string[] }[];
      id?: string;
      liseners?: { id?: string; protocolPort?: number }[];
    };
    controlPlaneEndpoint?: { host: string; port: number };
    encryptionProviderConfigRef?: { name: string };
  };
}

export interface HcsMachine extends InfrastructureMachine {
  spec?: {
    providerID?: string;
    serverId?: string;
    imageName?: string;
    flavorName?: string;
    availabilityZone?: string;
    configPoolRef?: { name: string };
    dataVolumes?: { size: number; type: string; mountPath?: string; format?: string }[];
  };
  status?: InfrastructureMachine['status'] & { instanceState?: string };
}
