import { GlobalctlError } from '../../base/index.ts';
import type { EtcdConnectionOptions } from '../../etcd/index.ts';
import { conditionOf, fieldAt, PLATFORM_NAMESPACE, resources, type KubeClient } from '../../kube/index.ts';
import { issueCertificate } from './certificates/issue.ts';
import { GLOBAL } from './payload.ts';

const ETCD_PORT = 2379;

/**
 * How the new cluster's etcd is reached: at the control plane nodes, with a client certificate that lives a day and is signed
 * by the authority which Cluster API keeps in Secret `global-etcd`. Throws INSTALLER_NOT_READY when either is missing.
 */
export async function targetEtcdAccess(options: {
  readonly source: KubeClient;
  readonly target: KubeClient;
  readonly nowMs: number;
  readonly signal?: AbortSignal | undefined;
}): Promise<EtcdConnectionOptions> {
  const { source, target, nowMs, signal } = options;
  const ref = { name: `${GLOBAL}-etcd`, namespace: PLATFORM_NAMESPACE };
  const secret = await source.find(resources.secrets, ref, signal);
  const pem = (key: string): string => {
    const value = fieldAt(secret, 'data', key);
    if (typeof value === 'string') return Buffer.from(value, 'base64').toString('utf8');
    throw new GlobalctlError('INSTALLER_NOT_READY', {
      message: 'the authority of the new cluster’s etcd is missing',
      subject: `Secret ${PLATFORM_NAMESPACE}/${ref.name}, key ${key}`,
    });
  };
  const ca = pem('tls.crt');
  const { certificate, key } = await issueCertificate({
    commonName: 'cpaas-installer',
    use: 'client',
    days: 1,
    nowMs,
    issuer: { certificate: ca, key: pem('tls.key') },
  });
  const { items } = await target.list(resources.nodes, {
    labelSelector: 'node-role.kubernetes.io/control-plane',
    signal,
  });
  const ready = items.filter((node) => conditionOf(node, 'Ready')?.status === 'True');
  const endpoints = ready.flatMap((node) => {
    const addresses = fieldAt(node, 'status', 'addresses');
    const internal = (Array.isArray(addresses) ? (addresses as unknown[]) : []).find(
      (a) => fieldAt(a, 'type') === 'InternalIP',
    );
    const ip = fieldAt(internal, 'address');
    if (typeof ip !== 'string') return [];
    return [`${ip.includes(':') ? `[${ip}]` : ip}:${String(ETCD_PORT)}`];
  });
  if (endpoints.length === 0)
    throw new GlobalctlError('INSTALLER_NOT_READY', {
      message: 'no control plane node of the new cluster is ready',
      subject: 'nodes of the new cluster',
    });
  return { endpoints, tls: { ca, certificate, key } };
}
