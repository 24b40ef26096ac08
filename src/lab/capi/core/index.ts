// The Cluster API core controllers as their users see them: Cluster, Machine, MachineSet, MachineDeployment and
// ClusterResourceSet over ordinary clients of the management cluster.
export * from './cluster.ts';
export * from './cluster-resource-set.ts';
export * from './machine.ts';
export * from './machine-deployment.ts';
export * from './machine-set.ts';
