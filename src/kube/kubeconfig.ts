import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { GlobalctlError } from '../base/index.ts';
import { fieldAt } from './object.ts';

/** What a client needs to reach one API server, read from one context of a kubeconfig. */
export interface ClusterAccess {
  readonly server: string;
  readonly caPem?: string | undefined;
  readonly insecureSkipTlsVerify: boolean;
  readonly tlsServerName?: string | undefined;
  /** `http://host:port` of an HTTP proxy through which the server is reached. */
  readonly proxyUrl?: string | undefined;
  readonly clientCertificatePem?: string | undefined;
  readonly clientKeyPem?: string | undefined;
  readonly token?: string | undefined;
}

function invalid(source: string, message: string, hint?: string): GlobalctlError {
  return new GlobalctlError('KUBECONFIG_INVALID', { message: `${source}: ${message}`, subject: source, hint });
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function namedEntry(config: unknown, list: string, name: string, inner: string): unknown {
  const entries = fieldAt(config, list);
  const candidates = Array.isArray(entries) ? (entries as readonly unknown[]) : [];
  const entry = candidates.find((e) => fieldAt(e, 'name') === name);
  return fieldAt(entry, inner);
}

/**
 * Reads the current context (or `context`) of a kubeconfig's text. Relative file references are taken from `folder`.
 * Throws KUBECONFIG_INVALID. Exec and auth-provider plugins are refused with a clear error: the kubeconfigs of this
 * work carry certificates or tokens.
 */
export async function parseKubeconfig(
  content: string,
  options: { readonly source: string; readonly folder?: string; readonly context?: string },
): Promise<ClusterAccess> {
  const { source, folder = '.' } = options;
  let config: unknown;
  try {
    config = parse(content) as unknown;
  } catch (error) {
    throw invalid(source, `not YAML: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`);
  }
  const contextName = options.context ?? text(fieldAt(config, 'current-context'));
  if (contextName === undefined) throw invalid(source, 'no current-context', 'kubectl config use-context NAME');
  const context = namedEntry(config, 'contexts', contextName, 'context');
  if (context === undefined) throw invalid(source, `no context named ${contextName}`);
  const clusterName = text(fieldAt(context, 'cluster')) ?? '';
  const cluster = namedEntry(config, 'clusters', clusterName, 'cluster');
  const server = text(fieldAt(cluster, 'server'));
  if (server === undefined) throw invalid(source, `cluster ${clusterName || '?'} has no server`);
  const user = namedEntry(config, 'users', text(fieldAt(context, 'user')) ?? '', 'user');
  for (const plugin of ['exec', 'auth-provider'])
    if (fieldAt(user, plugin) !== undefined) throw invalid(source, `users[].user.${plugin} is not supported`);

  const pem = async (holder: unknown, field: string): Promise<string | undefined> => {
    const data = text(fieldAt(holder, `${field}-data`));
    if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
    const file = text(fieldAt(holder, field));
    return file === undefined ? undefined : await readReferenced(source, resolve(folder, file));
  };
  const tokenFile = text(fieldAt(user, 'tokenFile'));
  return {
    server: server.replace(/\/+$/, ''),
    caPem: await pem(cluster, 'certificate-authority'),
    insecureSkipTlsVerify: fieldAt(cluster, 'insecure-skip-tls-verify') === true,
    tlsServerName: text(fieldAt(cluster, 'tls-server-name')),
    proxyUrl: text(fieldAt(cluster, 'proxy-url')),
    clientCertificatePem: await pem(user, 'client-certificate'),
    clientKeyPem: await pem(user, 'client-key'),
    token:
      text(fieldAt(user, 'token')) ??
      (tokenFile === undefined ? undefined : (await readReferenced(source, resolve(folder, tokenFile))).trim()),
  };
}

async function readReferenced(source: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw invalid(source, `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export async function loadKubeconfig(path: string, context?: string): Promise<ClusterAccess> {
  let content: string;
  try {
    content = await readFile(path, 'utf8');
  } catch (error) {
    throw new GlobalctlError('KUBECONFIG_INVALID', {
      message: `cannot read the kubeconfig ${path}: ${error instanceof Error ? error.message : String(error)}`,
      subject: path,
      cause: error,
    });
  }
  return await parseKubeconfig(content, {
    source: path,
    folder: dirname(path),
    ...(context !== undefined && { context }),
  });
}

/** Writes the access as a kubeconfig of one context, named `name`. Holds credentials: keep the file at mode 0600. */
export function formatKubeconfig(name: string, access: ClusterAccess): string {
  const base64 = (pem: string): string => Buffer.from(pem, 'utf8').toString('base64');
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: {
          server: access.server,
          ...(access.caPem !== undefined && { 'certificate-authority-data': base64(access.caPem) }),
          ...(access.insecureSkipTlsVerify && { 'insecure-skip-tls-verify': true }),
          ...(access.tlsServerName !== undefined && { 'tls-server-name': access.tlsServerName }),
          ...(access.proxyUrl !== undefined && { 'proxy-url': access.proxyUrl }),
        },
      },
    ],
    users: [
      {
        name: `${name}-admin`,
        user: {
          ...(access.clientCertificatePem !== undefined && {
            'client-certificate-data': base64(access.clientCertificatePem),
          }),
          ...(access.clientKeyPem !== undefined && { 'client-key-data': base64(access.clientKeyPem) }),
          ...(access.token !== undefined && { token: access.token }),
        },
      },
    ],
    contexts: [{ name: `${name}-admin@${name}`, context: { cluster: name, user: `${name}-admin` } }],
    'current-context': `${name}-admin@${name}`,
  });
}
