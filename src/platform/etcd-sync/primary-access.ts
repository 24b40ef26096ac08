import { X509Certificate } from 'node:crypto';
import { GlobalctlError, type Clock } from '../../base/index.ts';
import type { EtcdConnectionOptions } from '../../etcd/index.ts';
import {
  fieldAt,
  HttpKubeClient,
  PLATFORM_NAMESPACE,
  resources,
  type KubeClient,
  type KubeObject,
} from '../../kube/index.ts';
import { issueCertificate } from '../installer/certificates/issue.ts';
import type { PrimarySettings } from './config.ts';

/** The Secrets on the standby with which the primary's etcd is reached. */
export const REMOTE_CA = 'remote-etcd-ca';
export const REMOTE_CLIENT = 'remote-etcd-client';
/** The primary that they are for. */
const PRIMARY_ANNOTATION = 'etcd-sync.cpaas.io/primary';
/** The primary's Secret in which Cluster API keeps the authority of its etcd. */
const AUTHORITY = { namespace: PLATFORM_NAMESPACE, name: 'global-etcd' } as const;
const CLIENT_DAYS = 365;
/** Renewed this long before it ends: the primary's API may be away for a while. */
const RENEW_MS = 90 * 86_400_000;

/** A client of the primary's API, with the token of k8sadmin. It only ever reads. */
export function primaryApi(primary: PrimarySettings): KubeClient {
  const { vip, apiPort = 6443, token, apiCaPem, proxyUrl } = primary;
  return new HttpKubeClient({
    server: `https://${bracketed(vip)}:${String(apiPort)}`,
    ...(apiCaPem === undefined ? {} : { caPem: apiCaPem }),
    insecureSkipTlsVerify: apiCaPem === undefined,
    token,
    proxyUrl,
  });
}

export interface PrimaryEtcd {
  readonly connection: EtcdConnectionOptions;
  readonly expiresMs: number;
  /** Whether the certificate was issued by this call. */
  readonly issued: boolean;
}

/**
 * How the primary's etcd is reached: with the client certificate that the standby keeps, or, when it keeps none for this
 * primary, it ends soon, or `renew` says so, with one that is issued by the authority which the primary keeps in Secret
 * `global-etcd`. Throws ETCD_SYNC_PRIMARY when that cannot be read.
 */
export async function primaryEtcd(options: {
  readonly standby: KubeClient;
  readonly primary: PrimarySettings;
  readonly api: KubeClient;
  readonly renew: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<PrimaryEtcd> {
  const { standby, primary, api, renew, clock, signal } = options;
  const endpoints = primary.etcdEndpoints ?? [`${bracketed(primary.vip)}:2379`];
  const nowMs = clock.now();
  const kept = await read(standby, primary.vip, signal);
  const lastsMs = kept === undefined ? 0 : expiryOf(kept.certificate) - nowMs;
  let tls = kept;
  if (tls === undefined || renew || lastsMs < RENEW_MS)
    try {
      tls = await issue(api, nowMs, signal);
      await keep(standby, primary.vip, tls, signal);
    } catch (error) {
      // Its API may be away while its etcd answers.
      if (kept === undefined || lastsMs <= 0 || signal.aborted) throw error;
      tls = kept;
    }
  return {
    connection: { endpoints, tls, proxyUrl: primary.proxyUrl },
    expiresMs: expiryOf(tls.certificate),
    issued: tls !== kept,
  };
}

/** Whether a certificate that ends then is to be replaced. */
export function isDue(expiresMs: number, nowMs: number): boolean {
  return expiresMs - nowMs < RENEW_MS;
}

interface ClientTls {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

async function read(standby: KubeClient, vip: string, signal: AbortSignal): Promise<ClientTls | undefined> {
  const find = (name: string): Promise<KubeObject | undefined> =>
    standby.find(resources.secrets, { namespace: PLATFORM_NAMESPACE, name }, signal);
  const [authority, client] = [await find(REMOTE_CA), await find(REMOTE_CLIENT)];
  if (client?.metadata.annotations?.[PRIMARY_ANNOTATION] !== vip) return undefined;
  const [ca, certificate, key] = [data(authority, 'ca.crt'), data(client, 'tls.crt'), data(client, 'tls.key')];
  return ca === undefined || certificate === undefined || key === undefined ? undefined : { ca, certificate, key };
}

async function issue(api: KubeClient, nowMs: number, signal: AbortSignal): Promise<ClientTls> {
  const secret = await api.find(resources.secrets, AUTHORITY, signal);
  const [ca, key] = [data(secret, 'tls.crt'), data(secret, 'tls.key')];
  if (ca === undefined || key === undefined)
    throw new GlobalctlError('ETCD_SYNC_PRIMARY', {
      message: 'the primary does not show the authority of its etcd',
      subject: `Secret ${AUTHORITY.namespace}/${AUTHORITY.name} at ${api.server}`,
      expected: 'keys tls.crt and tls.key',
      found: secret === undefined ? 'no such Secret' : 'other keys',
    });
  const issued = await issueCertificate({
    commonName: 'etcd-sync',
    use: 'client',
    days: CLIENT_DAYS,
    nowMs,
    issuer: { certificate: ca, key },
  });
  return { ca, certificate: issued.certificate, key: issued.key };
}

async function keep(standby: KubeClient, vip: string, tls: ClientTls, signal: AbortSignal): Promise<void> {
  const write = async (name: string, type: string, content: Readonly<Record<string, string>>): Promise<void> => {
    const encoded = Object.entries(content).map(([key, text]) => [key, Buffer.from(text).toString('base64')] as const);
    const secret: KubeObject = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: PLATFORM_NAMESPACE, name, annotations: { [PRIMARY_ANNOTATION]: vip } },
      type,
      data: Object.fromEntries(encoded),
    };
    await standby.apply(resources.secrets, secret, { force: true, fieldManager: 'etcd-sync', signal });
  };
  await write(REMOTE_CA, 'Opaque', { 'ca.crt': tls.ca });
  await write(REMOTE_CLIENT, 'kubernetes.io/tls', { 'tls.crt': tls.certificate, 'tls.key': tls.key });
}

function data(secret: KubeObject | undefined, key: string): string | undefined {
  const value = fieldAt(secret, 'data', key);
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : undefined;
}

function expiryOf(certificatePem: string): number {
  return Date.parse(new X509Certificate(certificatePem).validTo);
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
