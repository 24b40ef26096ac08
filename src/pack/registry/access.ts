import { isLoopbackHost, parseRegistryAddress } from '../oci/reference.ts';
import { Connections, type TlsSettings } from './connections.ts';

/** How a registry is reached and with what credentials. */
export interface RegistryAccess {
  /** `host:port`, without scheme and path. */
  readonly address: string;
  /**
   * `https`: verified TLS. `http`: plain. `auto` (default): verified TLS, except on loopback, where nobody listens in:
   * plain HTTP, or TLS with any certificate when that is what answers. With `insecure` the same everywhere.
   */
  readonly scheme?: 'auto' | 'https' | 'http' | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Certificate authority that signed the registry's certificate, in PEM; beside the system's own. */
  readonly caPem?: string | undefined;
  /** Accept any certificate, and plain HTTP where `scheme` leaves it open: what container runtimes call an insecure registry. */
  readonly insecure?: boolean | undefined;
  /** Certificate and key, in PEM, for a registry that asks its clients for one. */
  readonly clientCertificate?: { readonly certificatePem: string; readonly keyPem: string } | undefined;
  /** HTTP proxy through which everything goes, by CONNECT. */
  readonly proxyUrl?: string | undefined;
  /** For how long a peer may say and take nothing before it counts as gone; default two minutes. */
  readonly stallTimeoutMs?: number | undefined;
}

const STALL_MS = 120_000;

/** The connections to one registry. Certificates are those of `access`; on loopback with `auto` any. */
export function registryConnections(access: RegistryAccess): Connections {
  const { clientCertificate: own } = access;
  return connections(access, {
    ...(own && { cert: own.certificatePem, key: own.keyPem }),
    ...((access.insecure === true || mayProbe(access)) && { rejectUnauthorized: false }),
  });
}

/**
 * For hosts that a registry sends its clients on to, such as an object store: the same proxy and patience, but neither the
 * client's certificate nor the trust that only a registry on loopback has.
 */
export function foreignConnections(access: RegistryAccess): Connections {
  return connections(access, access.insecure === true ? { rejectUnauthorized: false } : {});
}

function connections(access: RegistryAccess, settings: TlsSettings): Connections {
  const { caPem, proxyUrl, stallTimeoutMs = STALL_MS } = access;
  return new Connections({
    proxyUrl,
    stallMs: stallTimeoutMs,
    tls: async () => {
      if (caPem === undefined) return settings;
      const { rootCertificates } = await import('node:tls');
      return { ...settings, ca: [...rootCertificates, caPem] };
    },
  });
}

/** Whether plain HTTP and unverified TLS may be tried in turn: only when no scheme was said, on loopback or where told to trust. */
export function mayProbe(access: RegistryAccess): boolean {
  const trusted = access.insecure === true || isLoopbackHost(parseRegistryAddress(access.address).host);
  return trusted && (access.scheme ?? 'auto') === 'auto';
}

/**
 * The proxy that the environment names for a registry: GLOBALCTL_PROXY for every address, else HTTPS_PROXY or ALL_PROXY
 * (in either case) unless the address is loopback or NO_PROXY lists the host. Only HTTP proxies are understood.
 */
export function proxyFromEnvironment(
  address: string,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const own = env['GLOBALCTL_PROXY'];
  if (own !== undefined && own !== '') return own;
  const { host } = parseRegistryAddress(address);
  // A proxy elsewhere has another loopback; only a proxy that was named for this very purpose is asked for it.
  if (isLoopbackHost(host)) return undefined;
  const read = (name: string): string | undefined =>
    [env[name], env[name.toLowerCase()]].find((v) => v !== undefined && v !== '');
  for (const entry of (read('NO_PROXY') ?? '').split(',').map((e) => e.trim())) {
    if (entry === '') continue;
    if (entry === '*' || entry === host || entry === address) return undefined;
    if (host.endsWith(entry.startsWith('.') ? entry : `.${entry}`)) return undefined;
  }
  return read('HTTPS_PROXY') ?? read('ALL_PROXY');
}
