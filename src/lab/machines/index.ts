// Simulated machines: what a virtual machine's guest does with its user data, from first boot to a node of a cluster that
// kubeadm forms or joins, and the balancer in front of control plane nodes. Providers own the machines themselves.
export * from './boot-data.ts';
export * from './cluster-directory.ts';
export * from './guest.ts';
export type * from './guest-hardware.ts';
export * from './kubeadm-configuration.ts';
export * from './load-balancer.ts';
