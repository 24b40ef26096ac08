// VMware vSphere as its users see it: VSphereCluster, VSphereMachine with its VSphereVM, the machine config pool with its
// slots, the webhooks, and the cloud provider that runs inside the new cluster.
export * from './cloud-provider.ts';
export * from './slot-allocation.ts';
export * from './vsphere-admission.ts';
export * from './vsphere-cluster.ts';
export * from './vsphere-machine.ts';
