// What the benchmark of the import takes out of the project, bundled for it.
export { connectEtcd, copyRange, digestRange, prefixRange } from '../src/etcd/index.ts';
export { startEtcdProcess } from '../src/etcd/debian-etcd.fixture.ts';
