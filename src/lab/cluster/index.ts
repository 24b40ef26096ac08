// A whole cluster in this process: etcd, API server, Kubernetes' controllers, kubelets, under addresses of the data centre.
// Put together from the lab's parts; its users reach it through the network's addresses as they would a real one.
export * from './lab-cluster.ts';
export { startLabCluster } from './start-lab-cluster.ts';
export { startSwitchableCluster } from './switchable-cluster.ts';
