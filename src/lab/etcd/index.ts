/**
 * The lab's etcd: the data model in memory, and a gRPC server that speaks etcd v3 over it.
 * Nothing outside the lab and tests uses it; the rest of the project reaches an etcd through `src/etcd`.
 */
export { MemoryStore } from './memory-store.ts';
export { startEtcdServer, type EtcdServer, type EtcdServerOptions } from './server/etcd-server.ts';
