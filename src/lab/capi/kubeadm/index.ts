// The kubeadm bootstrap and control plane providers: KubeadmConfig to boot data (Ignition or cloud-config), and
// KubeadmControlPlane with its certificates, its kubeconfig Secret and its machines, one at a time.
export * from './certificates.ts';
export * from './control-plane.ts';
export * from './kubeadm-config.ts';
export * from './user-data.ts';
