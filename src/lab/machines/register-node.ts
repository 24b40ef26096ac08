import type { Taint } from '../core-types.ts';
import type { FormedCluster } from './cluster-directory.ts';
import type { GuestEnvironment, GuestHardware, GuestNode } from './guest-hardware.ts';
import type { NodeRegistration } from './kubeadm-configuration.ts';

/** The name of the node, as kubeadm and the kubelet settle it. */
function nodeNameOf(node: NodeRegistration, hardware: GuestHardware): string {
  return (node.name ?? hardware.hostname).toLowerCase();
}

function labelsOf(node: NodeRegistration, controlPlane: boolean): Record<string, string> {
  const stated = (node.kubeletArgs['node-labels'] ?? '').split(',').filter((l) => l.includes('='));
  return {
    ...Object.fromEntries(stated.map((l) => [l.slice(0, l.indexOf('=')), l.slice(l.indexOf('=') + 1)])),
    ...(controlPlane && {
      'node-role.kubernetes.io/control-plane': '',
      'node.kubernetes.io/exclude-from-external-load-balancers': '',
    }),
  };
}

/** The kubelet starts and registers its node, as kubeadm's node registration says. */
export async function registerNode(
  environment: GuestEnvironment,
  hardware: GuestHardware,
  formed: FormedCluster,
  node: NodeRegistration,
  controlPlane: boolean,
): Promise<GuestNode> {
  const name = nodeNameOf(node, hardware);
  const external = node.kubeletArgs['cloud-provider'] === 'external';
  const providerID = node.kubeletArgs['provider-id'] ?? hardware.providerID;
  const taints: Taint[] = [
    ...(node.taints ??
      (controlPlane ? [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' as const }] : [])),
    // Until the cloud provider's controller has seen the node; it also gives the provider ID.
    ...(external
      ? [{ key: 'node.cloudprovider.kubernetes.io/uninitialized', value: 'true', effect: 'NoSchedule' as const }]
      : []),
  ];
  await environment.clusters.addNode(formed, {
    name,
    ip: node.kubeletArgs['node-ip']?.split(',')[0] ?? hardware.addresses[0] ?? '',
    labels: labelsOf(node, controlPlane),
    annotations: { 'kubeadm.alpha.kubernetes.io/cri-socket': 'unix:///var/run/containerd/containerd.sock' },
    taints,
    ...(providerID !== undefined && !external && { providerID }),
    controlPlane,
    images: hardware.images,
    cpus: hardware.cpus,
    memoryGiB: hardware.memoryGiB,
  });
  environment.console(`This node has joined the cluster as ${name}`);
  return { caHash: formed.caHash, nodeName: name };
}

/** Data of an earlier member in etcd's folder, which kubeadm refuses. */
export function staleEtcd(hardware: GuestHardware): boolean {
  return hardware.mounts.some((m) => m.path === '/var/lib/etcd' && m.stale);
}
