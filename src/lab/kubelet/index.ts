// Kubelets as their users see them: Pod phases, container states, events, logs, image pulls, graceful ends, Node readiness.
// Containers whose image is a program of the lab run it; any other image becomes ready.
// All nodes of a cluster share two informers; everything goes through the Kubernetes API.
export * from './image-check.ts';
export * from './ip-pool.ts';
export * from './kubelet-host.ts';
export * from './kubelets.ts';
export * from './node-object.ts';
export * from './pod-logs.ts';
