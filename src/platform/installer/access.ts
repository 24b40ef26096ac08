import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { GlobalctlError } from '../../base/index.ts';
import { fieldAt, isKubeReason, PLATFORM_NAMESPACE, resources, type KubeClient } from '../../kube/index.ts';
import { issueCertificate, type IssuedCertificate } from './certificates/issue.ts';

/** Holds what callers need: `token`, and `ca.crt`, which the certificates of all replicas are signed by; and its key. */
export const ACCESS_SECRET = 'cpaas-installer-access';

const AUTHORITY_DAYS = 3650;
const TOKEN_BYTES = 32;
const SERVICE = 'cpaas-installer';

/** How the REST API is reached: over TLS and with a bearer token unless the guide's plain HTTP is asked for. */
export type Access = { readonly mode: 'plain' } | SecureAccess;

export interface SecureAccess {
  readonly mode: 'secure';
  readonly token: string;
  readonly tls: IssuedCertificate;
}

/** Files in the place of what the Secret holds. They may be replaced while the service runs. */
export interface AccessFiles {
  readonly token?: string | undefined;
  /** PEM, the service's own certificate first. */
  readonly certificate?: { readonly certificateFile: string; readonly keyFile: string } | undefined;
}

/** What access is made of, as it lies in the Secret and the files. */
export interface AccessMaterial {
  readonly token: string;
  /** A certificate to serve with, or the authority that signs one. */
  readonly certificate:
    | { readonly kind: 'given'; readonly tls: IssuedCertificate }
    | { readonly kind: 'issuer'; readonly authority: IssuedCertificate };
}

/** Whether the Secret has a part in it, or files say all. */
export function usesSecret(files: AccessFiles | undefined): boolean {
  return files?.token === undefined || files.certificate === undefined;
}

/**
 * Reads what access is made of; the first replica that starts makes the Secret. Throws what the API server throws, FILE_UNREADABLE,
 * and INSTALLER_STATE_INVALID for a damaged Secret or an empty token.
 */
export async function readAccessMaterial(options: {
  readonly client: KubeClient;
  readonly files: AccessFiles | undefined;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}): Promise<AccessMaterial> {
  const { client, files, nowMs, signal } = options;
  const data = usesSecret(files) ? await ensureSecret(client, nowMs, signal) : undefined;
  const read = (key: string): string => {
    const value = fieldAt(data, key);
    if (typeof value === 'string' && value !== '') return Buffer.from(value, 'base64').toString('utf8');
    throw new GlobalctlError('INSTALLER_STATE_INVALID', {
      message: 'the access to the installer is damaged',
      subject: `Secret ${PLATFORM_NAMESPACE}/${ACCESS_SECRET}, key ${key}`,
      hint: 'Delete the Secret: the installer makes another one.',
    });
  };
  const token = files?.token === undefined ? read('token') : await readToken(files.token);
  if (!files?.certificate)
    return { token, certificate: { kind: 'issuer', authority: { certificate: read('ca.crt'), key: read('ca.key') } } };
  const { certificateFile, keyFile } = files.certificate;
  const [certificate, key] = await Promise.all([readText(certificateFile), readText(keyFile)]);
  return { token, certificate: { kind: 'given', tls: { certificate, key } } };
}

/** A certificate of this replica for the Service's names, loopback and `hosts`, good for `days`. */
export async function issueServerCertificate(options: {
  readonly authority: IssuedCertificate;
  readonly hosts: readonly string[];
  readonly days: number;
  readonly nowMs: number;
}): Promise<IssuedCertificate> {
  const { authority, hosts, days, nowMs } = options;
  const names = [SERVICE, `${SERVICE}.${PLATFORM_NAMESPACE}`, `${SERVICE}.${PLATFORM_NAMESPACE}.svc`];
  return await issueCertificate({
    commonName: SERVICE,
    use: 'server',
    hosts: [...new Set([...names, 'localhost', '127.0.0.1', '::1', ...hosts])],
    days,
    nowMs,
    issuer: authority,
  });
}

async function readToken(path: string): Promise<string> {
  const token = (await readText(path)).trim();
  if (token !== '') return token;
  throw new GlobalctlError('INSTALLER_STATE_INVALID', { message: 'the file of the token is empty', subject: path });
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new GlobalctlError('FILE_UNREADABLE', { message: `cannot read ${path}`, subject: path, cause: error });
  }
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
