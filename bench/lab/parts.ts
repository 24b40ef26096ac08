// What the bench takes from the sources: it runs them as plain JavaScript, bundled without their libraries.
export { connectEtcd, prefixRange } from '../../src/etcd/index.ts';
export { formatKubeconfig } from '../../src/kube/index.ts';
export { createClusterCertificates, startApiServer } from '../../src/lab/apiserver/index.ts';
export { LabClient } from '../../src/lab/control/index.ts';
export { MemoryStore, startEtcdServer } from '../../src/lab/etcd/index.ts';
