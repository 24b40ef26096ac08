// Real control planes: `kube-apiserver` and `etcd` from a folder, as processes that end with this one. The folder is what the
// ecosystem's test environments call KUBEBUILDER_ASSETS.
export { findEnvtestBinaries, type EnvtestBinaries } from './binaries.ts';
export { startEnvtestControlPlane, type EnvtestOptions } from './envtest-control-plane.ts';
export { startEtcdProcess } from './etcd-process.ts';
export { startKubeApiServer } from './kube-apiserver.ts';
