import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEtcd } from '../../../src/etcd/index.ts';
import { HttpKubeClient } from '../../../src/kube/index.ts';
import { createClusterCertificates } from '../../../src/lab/apiserver/index.ts';
import { Cleanup } from '../../../src/lab/cleanup.ts';
import {
  createEtcdCertificates,
  findEnvtestBinaries,
  startEtcdProcess,
  startKubeApiServer,
} from '../../../src/lab/control-plane/index.ts';
import type { SyncSide } from './pair.ts';

const CONFIG = '/etc/kubernetes/encryption-provider.conf';

/** The guide's encryption configuration with one key. */
export function encryptionConfiguration(secretBase64: string): string {
  const keys = [{ name: 'key1', secret: secretBase64 }];
  return JSON.stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [{ resources: ['secrets'], providers: [{ aescbc: { keys } }] }],
  });
}

/** Starts a real etcd and kube-apiserver that encrypts Secrets so. */
export async function startRealSide(assets: string, encryption: string): Promise<SyncSide> {
  const binaries = await findEnvtestBinaries(assets);
  const cleanup = new Cleanup();
  const folder = await mkdtemp(join(tmpdir(), 'globalctl-etcd-sync-'));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  try {
    const data = join(folder, 'data');
    await mkdir(data);
    const [certificates, etcdCertificates] = await Promise.all([
      createClusterCertificates({}),
      createEtcdCertificates({ names: [] }),
    ]);
    const etcd = await startEtcdProcess({
      ...{ program: binaries.etcd, name: 'side', folder: data, logFile: join(folder, 'etcd.log') },
      certificates: etcdCertificates,
    });
    cleanup.defer(() => etcd.process.stop());
    const api = await startKubeApiServer({
      ...{ program: binaries.kubeApiServer, folder: data, logFile: join(folder, 'kube-apiserver.log'), certificates },
      ...{ etcd: etcd.endpoint, serviceCIDR: '10.96.0.0/16' },
      settings: { args: { 'encryption-provider-config': CONFIG }, files: new Map([[CONFIG, encryption]]) },
    });
    cleanup.defer(() => api.process.stop());
    const { caPem, client: user } = etcdCertificates;
    const store = await connectEtcd({
      endpoints: [`https://127.0.0.1:${String(etcd.port)}`],
      tls: { ca: caPem, certificate: user.certificatePem, key: user.keyPem },
    });
    cleanup.defer(() => store.close());
    const admin = await certificates.authority.issue({
      ...{ commonName: 'kubernetes-admin', organizations: ['system:masters'], usages: ['client'] },
    });
    const client = new HttpKubeClient({
      server: `https://127.0.0.1:${String(api.port)}`,
      caPem: certificates.authority.certificatePem,
      clientCertificatePem: admin.certificatePem,
      clientKeyPem: admin.keyPem,
      insecureSkipTlsVerify: false,
    });
    cleanup.defer(() => client.close());
    return { store, client, close: () => cleanup.run() };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}
