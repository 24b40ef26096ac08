import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

/** A loopback port whose connections go to one target through an HTTP proxy. */
export interface ProxyTunnel {
  /** `127.0.0.1:port` */
  readonly endpoint: string;
  close(): void;
}

/** The longest head of a proxy's answer that is read. */
const LONGEST_HEAD_BYTES = 16 * 1024;

/**
 * gRPC knows no proxy but those of environment variables; so a listener on loopback takes its connections and carries each to
 * `target` (`host:port`) by the proxy's CONNECT. A connection that the proxy refuses is closed.
 */
export async function openProxyTunnel(proxyUrl: string, target: string): Promise<ProxyTunnel> {
  const proxy = new URL(proxyUrl);
  const sockets = new Set<Socket>();
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
  };
  const server: Server = createServer((inner) => {
    const outer = connect(Number(proxy.port === '' ? 80 : proxy.port), proxy.hostname.replace(/^\[|\]$/g, ''));
    track(inner);
    track(outer);
    inner.once('close', () => outer.destroy());
    outer.once('close', () => inner.destroy());
    inner.pause();
    outer.once('connect', () => outer.write(connectRequest(proxy, target)));
    let head = Buffer.alloc(0);
    const readHead = (data: Buffer): void => {
      head = Buffer.concat([head, data]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) {
        if (head.length > LONGEST_HEAD_BYTES) outer.destroy();
        return;
      }
      outer.off('data', readHead);
      if (!/^HTTP\/1\.[01] 2\d\d/.test(head.toString('latin1', 0, end))) {
        outer.destroy();
        return;
      }
      inner.write(head.subarray(end + 4));
      inner.pipe(outer);
      outer.pipe(inner);
    };
    outer.on('data', readHead);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function connectRequest(proxy: URL, target: string): string {
  const user = decodeURIComponent(proxy.username);
  const login = Buffer.from(`${user}:${decodeURIComponent(proxy.password)}`, 'utf8').toString('base64');
  const authorization = user === '' ? '' : `Proxy-Authorization: Basic ${login}\r\n`;
  return `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization}\r\n`;
}
