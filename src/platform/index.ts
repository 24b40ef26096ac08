/**
 * The services that run inside a cluster: the embedded installer, the AppRelease operator, the module controller, and the
 * Helm wrapper and custom resource definitions that they share. The same code runs as a process, as a Pod, or in the lab.
 */
export * from './apprelease/index.ts';
export * from './backup/index.ts';
export * from './crds/index.ts';
export * from './etcd-sync/index.ts';
export * from './helm/index.ts';
export * from './installer/index.ts';
export * from './modules/index.ts';
