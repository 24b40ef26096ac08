import { randomBytes } from 'node:crypto';
import { GlobalctlError } from '../../base/index.ts';
import { fieldAt, isKubeReason, PLATFORM_NAMESPACE, resources, type KubeClient } from '../../kube/index.ts';
import { issueCertificate, type IssuedCertificate } from './certificates/issue.ts';

/** Holds what callers need: `token`, and `ca.crt`, which the certificates of all replicas are signed by; and its key. */
export const ACCESS_SECRET = 'cpaas-installer-access';

const AUTHORITY_DAYS = 3650;
const SERVER_DAYS = 397;
const TOKEN_BYTES = 32;
const SERVICE = 'cpaas-installer';

/** How the REST API is reached: over TLS and with a bearer token unless the guide's plain HTTP is asked for. */
export type Access =
  | { readonly mode: 'plain' }
  | { readonly mode: 'secure'; readonly token: string; readonly tls: IssuedCertificate; readonly caPem: string };

/**
 * Token and authority of the REST API, made by the first replica that starts, and a certificate of this one for the Service's
 * names, loopback and `hosts`. Throws what the API server throws, and INSTALLER_STATE_INVALID for a damaged Secret.
 */
export async function secureAccess(options: {
  readonly client: KubeClient;
  readonly hosts: readonly string[];
  readonly nowMs: number;
  readonly signal: AbortSignal;
}): Promise<Access> {
  const { client, nowMs, signal } = options;
  const data = await ensureSecret(client, nowMs, signal);
  const read = (key: string): string => {
    const value = fieldAt(data, key);
    if (typeof value === 'string' && value !== '') return Buffer.from(value, 'base64').toString('utf8');
    throw new GlobalctlError('INSTALLER_STATE_INVALID', {
      message: 'the access to the installer is damaged',
      subject: `Secret ${PLATFORM_NAMESPACE}/${ACCESS_SECRET}, key ${key}`,
      hint: 'Delete the Secret and restart the installer: it makes another one.',
    });
  };
  const caPem = read('ca.crt');
  const names = [SERVICE, `${SERVICE}.${PLATFORM_NAMESPACE}`, `${SERVICE}.${PLATFORM_NAMESPACE}.svc`];
  const tls = await issueCertificate({
    commonName: SERVICE,
    use: 'server',
    hosts: [...new Set([...names, 'localhost', '127.0.0.1', '::1', ...options.hosts])],
    days: SERVER_DAYS,
    nowMs,
    issuer: { certificate: caPem, key: read('ca.key') },
  });
  return { mode: 'secure', token: read('token'), tls, caPem };
}

async function ensureSecret(client: KubeClient, nowMs: number, signal: AbortSignal): Promise<unknown> {
  const ref = { name: ACCESS_SECRET, namespace: PLATFORM_NAMESPACE };
  const present = await client.find(resources.secrets, ref, signal);
  if (present) return present['data'];
  const authority = await issueCertificate({ commonName: SERVICE, use: 'authority', days: AUTHORITY_DAYS, nowMs });
  const content = {
    token: randomBytes(TOKEN_BYTES).toString('base64url'),
    'ca.crt': authority.certificate,
    'ca.key': authority.key,
  };
  const data = Object.fromEntries(
    Object.entries(content).map(([key, value]) => [key, Buffer.from(value, 'utf8').toString('base64')]),
  );
  try {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: ref, type: 'Opaque', data };
    await client.create(resources.secrets, secret, { signal });
    return data;
  } catch (error) {
    if (!isKubeReason(error, 'AlreadyExists')) throw error;
    return (await client.get(resources.secrets, ref, signal))['data'];
  }
}
