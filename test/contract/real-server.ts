import { spawn, type ChildProcess } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { formatKubeconfig } from '../../src/kube/index.ts';
import { createClusterCertificates } from '../../src/lab/apiserver/index.ts';
import { ApiConnection } from './api-connection.ts';
import type { ContractServer } from './contract-server.ts';

const START_TIMEOUT_MS = 120_000;

/**
 * Starts `etcd` and `kube-apiserver` of the folder on loopback, with certificates of their own in a temporary folder that goes
 * when they end. Throws, with the end of the server's log, when it does not become ready.
 */
export async function startRealServer(assets: string): Promise<ContractServer> {
  const folder = await mkdtemp(join(tmpdir(), 'globalctl-contract-'));
  const processes: ChildProcess[] = [];
  const close = async (): Promise<void> => {
    for (const process of processes.reverse()) {
      if (process.exitCode !== null || process.signalCode !== null) continue;
      const ended = once(process, 'exit');
      process.kill('SIGKILL');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  };
  const start = (program: string, args: readonly string[]): void => {
    const process = spawn(join(assets, program), args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(join(folder, `${program}.log`));
    process.stdout.pipe(log, { end: false });
    process.stderr.pipe(log, { end: false });
    process.once('error', (error) => log.write(`${error.message}\n`));
    processes.push(process);
  };
  try {
    const [etcdPort, peerPort, port] = await Promise.all([freePort(), freePort(), freePort()]);
    const etcd = `http://127.0.0.1:${String(etcdPort)}`;
    const peer = `http://127.0.0.1:${String(peerPort)}`;
    start('etcd', [
      `--data-dir=${join(folder, 'data')}`,
      `--listen-client-urls=${etcd}`,
      `--advertise-client-urls=${etcd}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
    ]);
    const certificates = await createClusterCertificates({});
    const file = async (name: string, content: string): Promise<string> => {
      const path = join(folder, name);
      await writeFile(path, content, { mode: 0o600 });
      return path;
    };
    const signingKey = certificates.serviceAccountKeyPem;
    const publicKey = createPublicKey(signingKey).export({ type: 'spki', format: 'pem' }).toString();
    start('kube-apiserver', [
      `--etcd-servers=${etcd}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${String(port)}`,
      `--cert-dir=${join(folder, 'certificates')}`,
      `--tls-cert-file=${await file('server.crt', certificates.server.certificatePem)}`,
      `--tls-private-key-file=${await file('server.key', certificates.server.keyPem)}`,
      `--client-ca-file=${await file('ca.crt', certificates.authority.certificatePem)}`,
      `--service-account-key-file=${await file('sa.pub', publicKey)}`,
      `--service-account-signing-key-file=${await file('sa.key', signingKey)}`,
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      '--service-cluster-ip-range=10.96.0.0/16',
      '--authorization-mode=RBAC',
      '--allow-privileged=true',
      // Its controller would have to make the `default` account of each namespace.
      '--disable-admission-plugins=ServiceAccount',
      '--endpoint-reconciler-type=none',
    ]);
    const admin = await certificates.authority.issue({
      commonName: 'kubernetes-admin',
      organizations: ['system:masters'],
      usages: ['client'],
    });
    const kubeconfig = formatKubeconfig('contract', {
      server: `https://127.0.0.1:${String(port)}`,
      caPem: certificates.authority.certificatePem,
      insecureSkipTlsVerify: false,
      clientCertificatePem: admin.certificatePem,
      clientKeyPem: admin.keyPem,
    });
    await ready(kubeconfig, processes, folder);
    return { description: `kube-apiserver of ${assets}`, lab: false, kubeconfig, controllers: false, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function ready(kubeconfig: string, processes: readonly ChildProcess[], folder: string): Promise<void> {
  const connection = await ApiConnection.open(kubeconfig);
  try {
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      if (processes.some((p) => p.exitCode !== null) || Date.now() > deadline)
        throw new Error(`kube-apiserver did not become ready:\n${await lastLines(join(folder, 'kube-apiserver.log'))}`);
      const answer = await connection.call('GET', '/readyz').catch(() => undefined);
      if (answer?.code === 200) return;
      // Nothing tells when another program listens.
      await delay(100);
    }
  } finally {
    await connection.close();
  }
}

async function lastLines(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '(no log)');
  return text.trimEnd().split('\n').slice(-20).join('\n');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
