import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HttpKubeClient } from '../../../kube/index.ts';
import { Cleanup } from '../../cleanup.ts';
import type { ControlPlane, ControlPlaneRequest, StartControlPlane } from '../control-plane.ts';
import { startAdmissionWebhooks } from './admission-webhooks.ts';
import type { EnvtestBinaries } from './binaries.ts';
import { startClusterEtcd } from './cluster-etcd.ts';
import { openEgressSocket } from './egress-socket.ts';
import { startKubeApiServer } from './kube-apiserver.ts';
import { startKubeletEndpoint } from './kubelet-endpoint.ts';
import type { SupervisedProcess } from './supervised-process.ts';

export interface EnvtestOptions {
  readonly binaries: EnvtestBinaries;
  /** Each cluster has a folder in it, with the logs of its servers; what else is there goes when the cluster ends. */
  readonly folder: string;
}

/** Control planes of real servers. A server that ends by itself is reported to the log with the end of its own. */
export function startEnvtestControlPlane(options: EnvtestOptions): StartControlPlane {
  return async (request) => {
    const cleanup = new Cleanup();
    try {
      return await assemble(options, request, cleanup);
    } catch (error) {
      await cleanup.run();
      throw error;
    }
  };
}

async function assemble(
  { binaries, folder: parent }: EnvtestOptions,
  request: ControlPlaneRequest,
  cleanup: Cleanup,
): Promise<ControlPlane> {
  const { name, certificates, log } = request;
  const logs = join(parent, name);
  const folder = join(logs, 'data');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));

  const servers: SupervisedProcess[] = [];
  const watch = (server: SupervisedProcess | undefined): void => {
    if (!server) return;
    servers.push(server);
    void server.ended.then(async () => {
      const failure = server.failure();
      if (failure !== undefined) log(`${name}: ${server.name} ended: ${failure}\n${await server.logTail()}`);
    });
  };
  const etcd = await startClusterEtcd({
    program: binaries.etcd,
    folder,
    logFile: join(logs, 'etcd.log'),
    request,
  });
  cleanup.defer(() => etcd.close());
  watch(etcd.process);
  const { authority } = certificates;
  const kubelets = await startKubeletEndpoint({ authority, logs: request.logs, clock: request.clock });
  cleanup.defer(() => kubelets.close());
  const webhooks = await startAdmissionWebhooks({ validators: request.validators, authority, log });
  cleanup.defer(() => webhooks.close());
  const egress = await openEgressSocket({ folder, proxyUrl: request.proxyUrl });
  cleanup.defer(() => egress.close());
  const api = await startKubeApiServer({
    program: binaries.kubeApiServer,
    folder,
    logFile: join(logs, 'kube-apiserver.log'),
    certificates,
    etcd: etcd.endpoint,
    etcdPrefix: etcd.prefix,
    serviceCIDR: request.serviceCIDR,
    settings: request.apiServer,
    egressSocket: egress.path,
  });
  cleanup.defer(() => api.process.stop());
  watch(api.process);
  await registerWebhooks(webhooks, certificates, api.port);
  const { etcdCertificates } = request;
  return {
    apiPort: api.port,
    etcd: { loopbackPort: etcd.port, caPem: etcdCertificates.caPem, client: etcdCertificates.client },
    version: binaries.kubernetesVersion,
    bare: true,
    kubeletPort: kubelets.port,
    failure: () => {
      const ended = servers.find((server) => server.failure() !== undefined);
      return ended && `${ended.name} ended: ${ended.failure() ?? ''}; see ${ended.logFile}`;
    },
    close: () => cleanup.run(),
  };
}

async function registerWebhooks(
  webhooks: Awaited<ReturnType<typeof startAdmissionWebhooks>>,
  { authority }: ControlPlaneRequest['certificates'],
  port: number,
): Promise<void> {
  const admin = await authority.issue({
    commonName: 'kubernetes-admin',
    organizations: ['system:masters'],
    usages: ['client'],
  });
  const client = new HttpKubeClient(
    {
      server: `https://127.0.0.1:${String(port)}`,
      caPem: authority.certificatePem,
      insecureSkipTlsVerify: false,
      clientCertificatePem: admin.certificatePem,
      clientKeyPem: admin.keyPem,
    },
    { fieldManager: 'globalctl-lab' },
  );
  try {
    await webhooks.register(client);
  } finally {
    await client.close();
  }
}
