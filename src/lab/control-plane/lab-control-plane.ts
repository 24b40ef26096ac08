import { join } from 'node:path';
import { systemClock } from '../../base/index.ts';
import { Cleanup } from '../cleanup.ts';
import { compactRegularly, startApiServer } from '../apiserver/index.ts';
import { MemoryStore, startEtcdServer } from '../etcd/index.ts';
import type { ControlPlane, ControlPlaneRequest } from './control-plane.ts';

/** The lab's own API server and etcd, in this process; with an audit log below `folder`, a subfolder a cluster, when that is given. */
export async function startLabControlPlane(request: ControlPlaneRequest, folder?: string): Promise<ControlPlane> {
  const { certificates, etcdCertificates, clock, random, logs, kubernetesVersion: version } = request;
  const cleanup = new Cleanup();
  const store = request.storage?.store ?? new MemoryStore();
  // An etcd of the user's is not ours to compact.
  if (!request.storage?.external) {
    const stop = new AbortController();
    const compacting = compactRegularly({ store, clock: systemClock, signal: stop.signal });
    cleanup.defer(async () => {
      stop.abort();
      await compacting;
      if (!request.storage) await store.close();
    });
  }
  try {
    const [api, etcd] = await Promise.all([
      startApiServer({
        store,
        certificates,
        clock,
        random,
        version,
        auditLog: folder === undefined ? undefined : join(folder, request.name, 'audit.log'),
        log: (line) => {
          request.log(line);
        },
        serviceCidr: request.serviceCIDR,
        accountAdmission: true,
        validators: request.validators,
        podLogs: (namespace, pod, query) => Promise.resolve(logs.read(`${namespace}/${pod}`, query, clock.now())),
      }),
      startEtcdServer({
        store,
        name: request.name,
        clusterToken: random.uuid('etcd', request.name),
        tls: {
          certificate: etcdCertificates.server.certificatePem,
          key: etcdCertificates.server.keyPem,
          clientCa: etcdCertificates.caPem,
        },
      }),
    ]);
    cleanup.defer(() => etcd.close());
    cleanup.defer(() => api.close());
    return {
      apiPort: api.port,
      etcd: { loopbackPort: etcd.port, caPem: etcdCertificates.caPem, client: etcdCertificates.client },
      version,
      bare: false,
      kubeletPort: undefined,
      failure: () => undefined,
      close: () => cleanup.run(),
    };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}
