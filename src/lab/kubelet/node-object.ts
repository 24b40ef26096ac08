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

/** The Node object as a kubelet registers it: not ready, and tainted so until the container network works. */
export function nodeObject(node: NodeDescription, now: string): Node {
  const resources = {
    cpu: String(node.cpus),
    memory: `${String(node.memoryGiB * 1024 * 1024)}Ki`,
    pods: '110',
    'ephemeral-storage': '103865304Ki',
  };
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
      capacity: resources,
      allocatable: resources,
      nodeInfo: {
        machineID: node.machineId,
        systemUUID: node.machineId,
        bootID: node.machineId,
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
