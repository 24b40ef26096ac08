import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEtcd } from '../../src/etcd/index.ts';
import { formatKubeconfig } from '../../src/kube/index.ts';
import { createClusterCertificates } from '../../src/lab/apiserver/index.ts';
import {
  createEtcdCertificates,
  findEnvtestBinaries,
  startEtcdProcess,
  startKubeApiServer,
} from '../../src/lab/control-plane/index.ts';
import { Cleanup } from '../../src/lab/cleanup.ts';
import { compactStore } from './compact-store.ts';
import type { ContractServer } from './contract-server.ts';

/**
 * Starts `etcd` and `kube-apiserver` of the folder on loopback, with certificates of their own in a temporary folder that goes
 * when they end. Throws, with the end of the server's log, when it does not become ready.
 */
export async function startRealServer(assets: string): Promise<ContractServer> {
  const binaries = await findEnvtestBinaries(assets);
  const cleanup = new Cleanup();
  const folder = await mkdtemp(join(tmpdir(), 'globalctl-contract-'));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  try {
    const data = join(folder, 'data');
    await mkdir(data);
    const [certificates, etcdCertificates] = await Promise.all([
      createClusterCertificates({}),
      createEtcdCertificates({ names: [] }),
    ]);
    const etcd = await startEtcdProcess({
      program: binaries.etcd,
      name: 'contract',
      folder: data,
      logFile: join(folder, 'etcd.log'),
      certificates: etcdCertificates,
    });
    cleanup.defer(() => etcd.process.stop());
    const api = await startKubeApiServer({
      program: binaries.kubeApiServer,
      folder: data,
      logFile: join(folder, 'kube-apiserver.log'),
      certificates,
      etcd: etcd.endpoint,
      serviceCIDR: '10.96.0.0/16',
    });
    cleanup.defer(() => api.process.stop());
    const store = await connectEtcd({
      endpoints: [`https://127.0.0.1:${String(etcd.port)}`],
      tls: {
        ca: etcdCertificates.caPem,
        certificate: etcdCertificates.client.certificatePem,
        key: etcdCertificates.client.keyPem,
      },
    });
    cleanup.defer(() => store.close());
    const admin = await certificates.authority.issue({
      commonName: 'kubernetes-admin',
      organizations: ['system:masters'],
      usages: ['client'],
    });
    return {
      description: `kube-apiserver ${binaries.kubernetesVersion} of ${assets}`,
      lab: false,
      kubeconfig: formatKubeconfig('contract', {
        server: `https://127.0.0.1:${String(api.port)}`,
        caPem: certificates.authority.certificatePem,
        insecureSkipTlsVerify: false,
        clientCertificatePem: admin.certificatePem,
        clientKeyPem: admin.keyPem,
      }),
      controllers: false,
      compact: () => compactStore(store),
      close: () => cleanup.run(),
    };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}
