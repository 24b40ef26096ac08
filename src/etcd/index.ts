/**
 * etcd v3: the key-value interface that stores share, and a gRPC client of a real etcd that implements it.
 * Keys and values are bytes everywhere. The in-process store of the rehearsal lives in the lab.
 */
export * from './client.ts';
export * from './copy/index.ts';
export type { EtcdConnectionOptions, EtcdTls } from './connection.ts';
export * from './key-range.ts';
export * from './key-value-store.ts';
export * from './mirror/index.ts';
export * from './namespaced-store.ts';
export { openProxyTunnel, type ProxyTunnel } from './proxy-tunnel.ts';
export { EtcdRefusal, requireKey, type RefusalStatus } from './refusal.ts';
