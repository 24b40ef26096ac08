// The two that are held against each other, each in processes of its own: the lab, and a real kube-apiserver with a real etcd.
import { fork, spawn } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const READY_MS = 120_000;

/** Resident memory of processes in MiB: now, and the most there has been. */
function resident(pids) {
  const total = { now: 0, peak: 0 };
  for (const pid of pids) {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    total.now += Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
    total.peak += Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  }
  return total;
}

/** Processor time of processes so far, in milliseconds: what a busy neighbour on the machine does not change. */
function processorMs(pids) {
  let ticks = 0;
  for (const pid of pids) {
    // The name in parentheses may hold blanks; utime and stime are the 12th and 13th field after it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  // Linux counts a hundred a second on every machine that Node runs on.
  return ticks * 10;
}

/** Address and credentials out of a kubeconfig of ours. */
function accessOf(kubeconfig) {
  const { clusters, users } = parse(kubeconfig);
  const pem = (text) => Buffer.from(text, 'base64').toString();
  const [{ cluster }] = clusters;
  const [{ user }] = users;
  return {
    url: new URL(cluster.server),
    tls: {
      ca: pem(cluster['certificate-authority-data']),
      cert: pem(user['client-certificate-data']),
      key: pem(user['client-key-data']),
    },
  };
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** `nodeOptions`: what to start Node with besides, for example `--cpu-prof`. */
export async function startLab(partsUrl, nodeOptions = []) {
  const child = fork(fileURLToPath(new URL('lab-process.mjs', import.meta.url)), [partsUrl], {
    execArgv: ['--expose-gc', ...nodeOptions],
  });
  const [{ kubeconfig, etcd }] = await once(child, 'message');
  return {
    name: 'lab',
    ...accessOf(kubeconfig),
    etcd,
    resident: () => resident([child.pid]),
    processorMs: () => processorMs([child.pid]),
    /** Memory of the process before and after a collection. */
    collected: async () => {
      child.send('memory');
      return (await once(child, 'message'))[0];
    },
    close: async () => {
      // Disconnected it ends by itself, and writes its profile where it was asked for one.
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function answers(url, tls) {
  return new Promise((resolve) => {
    const asked = request(url, { ...tls, agent: false }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode === 200));
    });
    asked.once('error', () => resolve(false));
    asked.end();
  });
}

/** Starts an etcd without syncs to disk, so that it is not the disk that is measured against a store in memory. */
async function startEtcd(program, folder) {
  const [port, peerPort] = [await freePort(), await freePort()];
  const [url, peer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  const log = openSync(join(folder, 'etcd.log'), 'w');
  const child = spawn(
    program,
    [
      ...[
        '--name=bench',
        `--data-dir=${join(folder, 'data')}`,
        '--unsafe-no-fsync',
        '--quota-backend-bytes=8000000000',
      ],
      ...[`--listen-client-urls=${url}`, `--advertise-client-urls=${url}`],
      ...[`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=bench=${peer}`],
    ],
    { stdio: ['ignore', log, log] },
  );
  return { child, url };
}

/** An etcd alone; undefined when there is none on PATH. */
export async function startRealEtcd() {
  const program = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'etcd'))
    .find((path) => existsSync(path));
  if (program === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'globalctl-bench-etcd-'));
  const { child, url } = await startEtcd(program, folder);
  return {
    name: 'real',
    etcd: url,
    close: async () => {
      await end(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** kube-apiserver and etcd of a folder, with the flags that a kubeadm cluster would give them where they matter here. */
export async function startReal(assets, { createClusterCertificates, formatKubeconfig }) {
  const folder = mkdtempSync(join(tmpdir(), 'globalctl-bench-'));
  const children = [];
  const close = async () => {
    for (const child of children.reverse()) await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const etcd = await startEtcd(join(assets, 'etcd'), folder);
    children.push(etcd.child);
    const certificates = await createClusterCertificates({});
    const file = (name, content) => {
      writeFileSync(join(folder, name), content, { mode: 0o600 });
      return join(folder, name);
    };
    const { server, authority, serviceAccountKeyPem } = certificates;
    const publicKey = createPublicKey(serviceAccountKeyPem).export({ type: 'spki', format: 'pem' });
    const port = await freePort();
    mkdirSync(join(folder, 'certificates'));
    const log = openSync(join(folder, 'kube-apiserver.log'), 'w');
    const api = spawn(
      join(assets, 'kube-apiserver'),
      [
        `--etcd-servers=${etcd.url}`,
        '--bind-address=127.0.0.1',
        '--advertise-address=127.0.0.1',
        `--secure-port=${port}`,
        `--cert-dir=${join(folder, 'certificates')}`,
        `--tls-cert-file=${file('server.crt', server.certificatePem)}`,
        `--tls-private-key-file=${file('server.key', server.keyPem)}`,
        `--client-ca-file=${file('ca.crt', authority.certificatePem)}`,
        `--service-account-key-file=${file('sa.pub', publicKey)}`,
        `--service-account-signing-key-file=${file('sa.key', serviceAccountKeyPem)}`,
        '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
        '--service-cluster-ip-range=10.96.0.0/16',
        '--authorization-mode=RBAC',
        '--disable-admission-plugins=ServiceAccount',
        '--endpoint-reconciler-type=none',
      ],
      { stdio: ['ignore', log, log] },
    );
    children.push(api);
    const admin = await authority.issue({
      commonName: 'kubernetes-admin',
      organizations: ['system:masters'],
      usages: ['client'],
    });
    const access = accessOf(
      formatKubeconfig('bench', {
        server: `https://127.0.0.1:${port}`,
        caPem: authority.certificatePem,
        insecureSkipTlsVerify: false,
        clientCertificatePem: admin.certificatePem,
        clientKeyPem: admin.keyPem,
      }),
    );
    const deadline = Date.now() + READY_MS;
    while (!(await answers(new URL('/readyz', access.url), access.tls))) {
      if (Date.now() > deadline || children.some((c) => c.exitCode !== null))
        throw new Error(
          `kube-apiserver did not become ready:\n${readFileSync(join(folder, 'kube-apiserver.log'), 'utf8').slice(-2000)}`,
        );
      await delay(100);
    }
    const pids = children.map((c) => c.pid);
    return {
      name: 'real',
      ...access,
      resident: () => resident(pids),
      processorMs: () => processorMs(pids),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
