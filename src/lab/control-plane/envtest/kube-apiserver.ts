import { createPublicKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:https';
import { dirname, join } from 'node:path';
import type { ClusterCertificates } from '../../apiserver/index.ts';
import type { ApiServerSettings } from '../control-plane.ts';
import type { EtcdEndpoint } from './etcd-process.ts';
import { freePort } from './free-port.ts';
import { awaitReady, withFreePorts } from './server-start.ts';
import { startSupervised, type SupervisedProcess } from './supervised-process.ts';

/** Two of them start at once on a machine of two cores that does other things as well. */
const START_LIMIT_MS = 120_000;
const ANSWER_LIMIT_MS = 5_000;

export interface KubeApiServerOptions {
  readonly program: string;
  /** Exists; keys and certificates go there. */
  readonly folder: string;
  readonly logFile: string;
  readonly certificates: ClusterCertificates;
  readonly etcd: EtcdEndpoint;
  /** `/registry` when absent. */
  readonly etcdPrefix?: string | undefined;
  readonly serviceCIDR: string;
  /** Path of a unix socket with the HTTP proxy that leads to nodes, Pods and Services; they are dialled directly when absent. */
  readonly egressSocket?: string | undefined;
  /** What the site says about it; its paths are replaced by files in the folder. */
  readonly settings?: ApiServerSettings | undefined;
  /** Admission plugins that are on by default and have no controller to work with. */
  readonly disabledAdmissionPlugins?: readonly string[] | undefined;
}

/**
 * Starts a real kube-apiserver on a free loopback port, with the options that kubeadm gives it. Resolves when /readyz says so.
 * Throws LAB_CONTROL_PLANE, with the end of its log, when it does not become ready.
 */
export async function startKubeApiServer(
  options: KubeApiServerOptions,
): Promise<{ readonly process: SupervisedProcess; readonly port: number }> {
  const { certificates, etcd } = options;
  const { authority } = certificates;
  const file = async (name: string, content: string): Promise<string> => {
    const path = join(options.folder, name);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  };
  const signingKey = certificates.serviceAccountKeyPem;
  const publicKey = createPublicKey(signingKey).export({ type: 'spki', format: 'pem' }).toString();
  // kubeadm's name and group for what the API server shows to kubelets; here it also asks /readyz.
  const client = await authority.issue({
    commonName: 'kube-apiserver-kubelet-client',
    organizations: ['system:masters'],
    usages: ['client'],
  });
  const fixed = [
    // First, since of two the last counts: where it listens and stores is not the site's to say.
    ...(await siteArguments(options)),
    `--etcd-servers=${etcd.urls.join(',')}`,
    `--etcd-prefix=${options.etcdPrefix ?? '/registry'}`,
    ...(etcd.caFile === undefined ? [] : [`--etcd-cafile=${etcd.caFile}`]),
    ...(etcd.certificateFile === undefined ? [] : [`--etcd-certfile=${etcd.certificateFile}`]),
    ...(etcd.keyFile === undefined ? [] : [`--etcd-keyfile=${etcd.keyFile}`]),
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    // It would name loopback; the control plane nodes are the cluster's to list.
    '--endpoint-reconciler-type=none',
    `--cert-dir=${join(options.folder, 'generated')}`,
    `--tls-cert-file=${await file('apiserver.crt', certificates.server.certificatePem)}`,
    `--tls-private-key-file=${await file('apiserver.key', certificates.server.keyPem)}`,
    `--client-ca-file=${await file('ca.crt', authority.certificatePem)}`,
    `--service-account-key-file=${await file('sa.pub', publicKey)}`,
    `--service-account-signing-key-file=${await file('sa.key', signingKey)}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-cluster-ip-range=${options.serviceCIDR}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    ...(options.disabledAdmissionPlugins
      ? [`--disable-admission-plugins=${options.disabledAdmissionPlugins.join(',')}`]
      : []),
    '--enable-bootstrap-token-auth=true',
    '--allow-privileged=true',
    '--kubelet-preferred-address-types=InternalIP',
    `--kubelet-client-certificate=${await file('kubelet-client.crt', client.certificatePem)}`,
    `--kubelet-client-key=${await file('kubelet-client.key', client.keyPem)}`,
    ...(options.egressSocket === undefined
      ? []
      : [`--egress-selector-config-file=${await file('egress.yaml', egressSelection(options.egressSocket))}`]),
    '--profiling=false',
  ];
  return await withFreePorts(async () => {
    const port = await freePort();
    const process = await startSupervised({
      program: options.program,
      logFile: options.logFile,
      args: [...fixed, `--secure-port=${String(port)}`],
    });
    const agent = new Agent({
      ca: authority.certificatePem,
      cert: client.certificatePem,
      key: client.keyPem,
      keepAlive: true,
    });
    try {
      await awaitReady({ server: process, limitMs: START_LIMIT_MS, isReady: () => isReady(agent, port) });
    } catch (error) {
      await process.stop();
      throw error;
    } finally {
      agent.destroy();
    }
    return { process, port };
  });
}

/**
 * The site's own arguments, so that a real API server judges them. An argument that names a file gets a copy of it; one whose
 * file the user data does not bring speaks of the machine's disk and is left out.
 */
async function siteArguments({ settings, folder, logFile }: KubeApiServerOptions): Promise<string[]> {
  const args: string[] = [];
  let auditLog: string | undefined;
  for (const [name, value] of Object.entries(settings?.args ?? {})) {
    // One listener answers for all kubelets, so its certificate cannot name the address of each.
    if (name === 'kubelet-certificate-authority') continue;
    if (!value.startsWith('/')) args.push(`--${name}=${value}`);
    else if (name === 'audit-log-path') auditLog = join(dirname(logFile), 'audit.log');
    else {
      const content = settings?.files.get(value);
      if (content === undefined) continue;
      const path = join(folder, `${name}.yaml`);
      await writeFile(path, content, { mode: 0o600 });
      args.push(`--${name}=${path}`);
    }
  }
  if (auditLog === undefined) return args;
  // A site's logs may fill a disk of a server; two files of this size do for a rehearsal.
  return [...args, `--audit-log-path=${auditLog}`, '--audit-log-maxsize=20', '--audit-log-maxbackup=1'];
}

/** What lies in the cluster (nodes, Pods, Services) is reached through the proxy. */
function egressSelection(udsName: string): string {
  return JSON.stringify({
    apiVersion: 'apiserver.k8s.io/v1beta1',
    kind: 'EgressSelectorConfiguration',
    egressSelections: [
      { name: 'cluster', connection: { proxyProtocol: 'HTTPConnect', transport: { uds: { udsName } } } },
    ],
  });
}

function isReady(agent: Agent, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const asked = get({ host: '127.0.0.1', port, path: '/readyz', agent, timeout: ANSWER_LIMIT_MS }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode === 200));
      answer.once('error', reject);
    });
    asked.once('timeout', () => asked.destroy(new Error('no answer')));
    asked.once('error', reject);
  });
}
