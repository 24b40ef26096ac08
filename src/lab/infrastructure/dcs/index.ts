// Huawei DCS as its users see it: DCSCluster, DCSMachine, DCSIpHostnamePool, and the pool's webhook.
export * from './dcs-admission.ts';
export * from './dcs-cluster.ts';
export * from './dcs-machine.ts';
export * from './dcs-pool.ts';
