import { readFile } from 'node:fs/promises';
import { GlobalctlError, type Redactor } from '../base/index.ts';
import { fieldAt, PLATFORM_NAMESPACE, resources, type KubeClient } from '../kube/index.ts';
import type { LoadedSite } from '../site/index.ts';

/** Where the installer keeps `token` and `ca.crt` for its callers, unless it serves the guide's plain HTTP. */
const ACCESS_SECRET = 'cpaas-installer-access';

/** How the installer's REST API is called: plainly as in the guide, or over TLS and with a token. */
export type InstallerAccess =
  { readonly mode: 'plain' } | { readonly mode: 'secure'; readonly caPem: string; readonly token: string };

/** What the site says about it, `access.installer`; each part may be left to be found out. */
export interface InstallerWish {
  readonly tls?: boolean | undefined;
  readonly readCa?: (() => Promise<string>) | undefined;
  readonly readToken?: (() => Promise<string>) | undefined;
}

export function installerWish(loaded: LoadedSite): InstallerWish {
  const { tls, caFile, token } = loaded.site.access.installer;
  return {
    tls,
    readCa: caFile === undefined ? undefined : () => readPem(loaded.resolvePath(caFile)),
    readToken: token === undefined ? undefined : () => loaded.resolveSecret(token),
  };
}

/**
 * How the installer of this bootstrap cluster is called at present. Which form it speaks is learnt through the kubeconfig alone, whose
 * TLS proves who says it: plain HTTP is taken where the site says so, or where neither the site nor the cluster knows a token, and
 * never because TLS failed. Throws INSTALLER_UNREACHABLE while the Secret of a TLS form is missing, and FILE_UNREADABLE.
 */
export async function findInstallerAccess(options: {
  readonly client: KubeClient;
  readonly wish: InstallerWish;
  readonly redactor: Redactor;
  readonly signal?: AbortSignal | undefined;
}): Promise<InstallerAccess> {
  const { client, wish, redactor, signal } = options;
  const { tls, readCa, readToken } = wish;
  if (tls === false) return { mode: 'plain' };
  if (readCa && readToken) return { mode: 'secure', caPem: await readCa(), token: await readToken() };
  const ref = { name: ACCESS_SECRET, namespace: PLATFORM_NAMESPACE };
  const secret = await client.find(resources.secrets, ref, signal);
  if (secret === undefined && tls === undefined && !readCa && !readToken) return { mode: 'plain' };
  const read = (key: string): string => {
    const value = fieldAt(secret, 'data', key);
    if (typeof value === 'string' && value !== '') return Buffer.from(value, 'base64').toString('utf8');
    throw new GlobalctlError('INSTALLER_UNREACHABLE', {
      message: `the installer has not said yet how it is called over TLS`,
      subject: `Secret ${PLATFORM_NAMESPACE}/${ACCESS_SECRET}, key ${key}`,
      hint: 'An installer that serves the guide’s plain HTTP never does: then set access.installer.tls to false.',
    });
  };
  const [caPem, token] = [(await readCa?.()) ?? read('ca.crt'), (await readToken?.()) ?? read('token')];
  redactor.add(token);
  return { mode: 'secure', caPem, token };
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new GlobalctlError('FILE_UNREADABLE', {
      message: `cannot read the certificate of the installer's authority`,
      subject: path,
      cause: error,
    });
  }
}
