// The lab's Cluster API: core controllers and the kubeadm providers, as ordinary clients of the management cluster, and the
// kit that provider simulators share with them. `capiPrograms` are the images that run them.
export * from './admission.ts';
export * from './kit/index.ts';
export * from './programs.ts';
