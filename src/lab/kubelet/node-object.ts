import type { Condition } from '../../kube/index.ts';
import type { Node, Taint } from '../core-types.ts';

export const NOT_READY_TAINT: Taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

export interface NodeDescription {
  readonly name: string;
  readonly ip: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly taints?: readonly Taint[] | undefined;
  readonly providerID?: string | undefined;
  readonly podCIDR?: string | undefined;
  readonly kubernetesVersion: string;
  readonly osImage: string;
  /** Identity of the machine, 32 hexadecimal digits. */
  readonly machineId: string;
  readonly cpus: number;
  readonly memoryGiB: number;
}

/** What a kubelet keeps back for itself: `evictionHard` of its defaults, memory.available<100Mi and nodefs.available<10%. */
const EVICTION_MEMORY_KIB = 100 * 1024;
const EVICTION_STORAGE_SHARE = 0.1;
const EPHEMERAL_STORAGE_KIB = 103_865_304;

/** Capacity, and what of it is left for Pods, as quantities. */
function nodeResources(node: NodeDescription): Record<'capacity' | 'allocatable', Record<string, string>> {
  const memoryKiB = node.memoryGiB * 1024 * 1024;
  const shared = { cpu: String(node.cpus), 'hugepages-1Gi': '0', 'hugepages-2Mi': '0', pods: '110' };
  const quantities = (memory: number, storage: string): Record<string, string> => ({
    ...shared,
    'ephemeral-storage': storage,
    memory: `${String(memory)}Ki`,
  });
  const storageBytes = Math.floor(EPHEMERAL_STORAGE_KIB * 1024 * (1 - EVICTION_STORAGE_SHARE));
  return {
    capacity: quantities(memoryKiB, `${String(EPHEMERAL_STORAGE_KIB)}Ki`),
    allocatable: quantities(memoryKiB - EVICTION_MEMORY_KIB, String(storageBytes)),
  };
}

/** 32 hexadecimal digits in the five groups of a UUID. */
function asUuid(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The Node object as a kubelet registers it: not ready, and tainted so until the container network works. */
export function nodeObject(node: NodeDescription, now: string): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: node.name,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/os': 'linux',
        'kubernetes.io/hostname': node.name,
        ...node.labels,
      },
      annotations: { 'node.alpha.kubernetes.io/ttl': '0', ...node.annotations },
    },
    spec: {
      ...(node.podCIDR !== undefined && { podCIDR: node.podCIDR, podCIDRs: [node.podCIDR] }),
      ...(node.providerID !== undefined && { providerID: node.providerID }),
      taints: [...(node.taints ?? []), NOT_READY_TAINT],
    },
    status: {
      addresses: [
        { type: 'InternalIP', address: node.ip },
        { type: 'Hostname', address: node.name },
      ],
      ...nodeResources(node),
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        machineID: node.machineId,
        systemUUID: asUuid(node.machineId),
        bootID: asUuid([...node.machineId].reverse().join('')),
        kernelVersion: '6.4.0-150600.23-default',
        osImage: node.osImage,
        containerRuntimeVersion: 'containerd://2.1.4',
        kubeletVersion: node.kubernetesVersion,
        kubeProxyVersion: '',
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
      conditions: nodeConditions(false, now),
    },
  };
}

/** The kubelet's conditions, in its words. */
export function nodeConditions(networkReady: boolean, now: string): (Condition & { lastHeartbeatTime: string })[] {
  const pressure = (type: string, reason: string, message: string): Condition => ({
    type,
    status: 'False',
    reason,
    message,
  });
  const conditions: Condition[] = [
    pressure('MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    pressure('DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    pressure('PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    networkReady
      ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
      : {
          type: 'Ready',
          status: 'False',
          reason: 'KubeletNotReady',
          message:
            'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
        },
  ];
  return conditions.map((condition) => ({ ...condition, lastHeartbeatTime: now, lastTransitionTime: now }));
}
