// What bench/etcd-sync.mjs is made of; bundled by it.
export { connectEtcd, digestRange, everything, Mirror, prefixRange } from '../src/etcd/index.ts';
export { startEtcdProcess } from '../src/etcd/debian-etcd.fixture.ts';
