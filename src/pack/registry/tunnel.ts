import type { Agent, ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';

type Wrap = (options: ConnectionOptions, socket: Duplex) => Duplex;

/**
 * Has an agent make its connections through an HTTP proxy, by CONNECT (RFC 9110, section 9.3.6); a login in the proxy's
 * address is sent to it. `wrap` puts TLS to the target around what comes out.
 */
export function tunnelThrough(agent: Agent, proxyUrl: string, wrap?: Wrap): void {
  agent.createConnection = (options, callback) => {
    openTunnel(proxyUrl, options).then(
      (socket) => callback?.(null, wrap ? wrap(options as ConnectionOptions, socket) : socket),
      (error: unknown) => callback?.(error as Error, undefined as unknown as Duplex),
    );
    return undefined;
  };
}

async function openTunnel(proxyUrl: string, target: ClientRequestArgs): Promise<Duplex> {
  const proxy = new URL(proxyUrl);
  const { request } = proxy.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const { username, password } = proxy;
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const host = target.host ?? '';
  const authority = `${host.includes(':') ? `[${host}]` : host}:${String(target.port)}`;
  return new Promise((resolve, reject) => {
    const connecting = request(proxy, {
      method: 'CONNECT',
      path: authority,
      headers: {
        host: authority,
        ...(username !== '' && { 'proxy-authorization': `Basic ${Buffer.from(login, 'utf8').toString('base64')}` }),
      },
      timeout: 10_000,
      agent: false,
    });
    const refuse = (status: number | undefined): void => {
      connecting.destroy();
      reject(new Error(`the proxy ${proxy.host} answered ${String(status)} to CONNECT ${authority}`));
    };
    connecting
      .once('connect', (answer, socket) => {
        if (answer.statusCode !== 200) return refuse(answer.statusCode);
        socket.setTimeout(0);
        resolve(socket);
      })
      .once('response', (answer) => refuse(answer.statusCode))
      .on('timeout', () => connecting.destroy(new Error(`the proxy ${proxy.host} does not answer`)))
      .on('error', (cause) => reject(new Error(`the proxy ${proxy.host}: ${cause.message}`, { cause })))
      .end();
  });
}
