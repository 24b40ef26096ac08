// The lab's servers in a process of their own: an API server over a store in memory, and etcd's gRPC API over another one.
// Arguments: URL of the bundled parts. The parent speaks over IPC: `memory` is answered with the memory after a collection.
const { startApiServer, startEtcdServer, MemoryStore } = await import(process.argv[2]);

const api = await startApiServer({ store: new MemoryStore() });
const etcd = await startEtcdServer({ store: new MemoryStore() });
process.on('message', (message) => {
  if (message !== 'memory') return;
  const before = process.memoryUsage();
  // Twice: what finalizers let go of in the first round is free only in the second.
  globalThis.gc?.();
  globalThis.gc?.();
  process.send({ before, after: process.memoryUsage() });
});
process.on('disconnect', () => process.exit());
process.send({ kubeconfig: await api.adminKubeconfig(), etcd: etcd.url });
