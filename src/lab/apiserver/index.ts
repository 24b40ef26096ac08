/**
 * A Kubernetes API server for the lab: HTTPS, real etcd key layout in any KeyValueStore, the wire protocol that kubectl, helm
 * and client libraries use. Controllers, schedulers and kubelets are clients of it and live elsewhere.
 */
export { startApiServer, type ApiServer, type ApiServerOptions } from './api-server.ts';
export type { PodLogOptions, PodLogs, Validator, ValidatorAnswer } from './api-context.ts';
export type { UserInfo } from './user-info.ts';
export { createClusterCertificates, type ClusterCertificates } from './cluster-certificates.ts';
export { invalid } from './status-error.ts';
export { TokenSigner } from './auth/token-signer.ts';
export { compactRegularly } from './store-compactor.ts';
