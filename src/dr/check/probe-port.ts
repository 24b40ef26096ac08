import { once } from 'node:events';
import { connect, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { X509Certificate } from 'node:crypto';
import { openProxyTunnel } from '../../etcd/index.ts';

/** What a look at one port showed. */
export type PortProbe =
  | { readonly open: false; readonly reason: string }
  | {
      readonly open: true;
      /** What the server shows of itself; absent on a port without TLS. It is looked at, not trusted. */
      readonly certificate?: X509Certificate | undefined;
    };

export interface PortAddress {
  readonly host: string;
  readonly port: number;
  readonly proxyUrl?: string | undefined;
  /** Whether the port speaks TLS. */
  readonly tls: boolean;
  readonly timeoutMs?: number;
}

/** Connects to a port, through the proxy where there is one, and looks at the certificate that it shows. Sends nothing else. */
export async function probePort({ host, port, proxyUrl, tls, timeoutMs = 5000 }: PortAddress): Promise<PortProbe> {
  const signal = AbortSignal.timeout(timeoutMs);
  const tunnel = proxyUrl === undefined ? undefined : await openProxyTunnel(proxyUrl, `${host}:${String(port)}`);
  const [toHost = '', toPort = ''] = tunnel ? tunnel.endpoint.split(':') : [host, String(port)];
  // A tunnel accepts before its target does: what tells is the first thing that comes back, or that nothing ends it.
  const socket =
    tls || tunnel
      ? connectTls({
          host: toHost,
          port: Number(toPort),
          // Without a client certificate and without trust: the certificate is only read.
          rejectUnauthorized: false,
          ...(isIP(host) === 0 && { servername: host }),
        })
      : connect(port, host);
  try {
    await once(socket, tls || tunnel ? 'secureConnect' : 'connect', { signal });
    const certificate = 'getPeerX509Certificate' in socket ? socket.getPeerX509Certificate() : undefined;
    return { open: true, certificate };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Something there speaks, though not TLS.
    if (/wrong version number|packet length too long/i.test(message)) return { open: true };
    return { open: false, reason: signal.aborted ? `no answer within ${String(timeoutMs / 1000)} s` : message };
  } finally {
    socket.destroy();
    tunnel?.close();
  }
}
