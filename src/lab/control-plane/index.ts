// The control plane of a cluster: etcd and API server, either the lab's own in this process or real ones as processes of their
// own (`envtest/`). Both are reached over the same protocols, on loopback.
export * from './control-plane.ts';
export * from './etcd-certificates.ts';
export { startLabControlPlane } from './lab-control-plane.ts';
export * from './envtest/index.ts';
