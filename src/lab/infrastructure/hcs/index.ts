// Huawei Cloud Stack as its users see it: HCSCluster with its elastic load balancer, HCSMachine, HCSMachineConfigPool, and the
// pool's webhook.
export * from './hcs-admission.ts';
export * from './hcs-cluster.ts';
export * from './hcs-machine.ts';
export * from './hcs-pool.ts';
