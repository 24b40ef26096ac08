import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { listenOnLoopback } from './loopback.ts';
import { formatAddress, type LabAddress, type LabNetwork, type LabTarget } from './lab-network.ts';
import type { WanLink } from './wan-link.ts';

export interface LabProxy {
  /** `http://127.0.0.1:PORT`, for `proxy-url`, `access.proxy` and HTTPS_PROXY. */
  readonly url: string;
  readonly port: number;
  /** Connections and requests that are open at the moment. */
  readonly openConnections: number;
  close(): Promise<void>;
}

/** `host:port` or `[v6]:port`; undefined for anything else. */
export function parseAddress(text: string, defaultPort?: number): LabAddress | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s/]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  return host === undefined || port === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

/**
 * The one door into the data centre: an HTTP proxy on loopback that understands CONNECT and requests in absolute form, and
 * leads only to the lab's own listeners. An address that the network does not know is answered 502 with a text that says so.
 * `onTraffic` is called at each request, for the idle timeout.
 */
export async function startLabProxy(options: { network: LabNetwork; onTraffic?: () => void }): Promise<LabProxy> {
  const { network, onTraffic } = options;
  const sockets = new Set<Duplex>();
  const tunnels = new Map<Duplex, readonly string[]>();
  const server = createServer((request, response) => {
    onTraffic?.();
    forward(network, request, response);
  });
  server.on('connection', (socket: Socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    onTraffic?.();
    openTunnel({ network, request, client, head, tunnels });
  });
  server.requestTimeout = 0;
  const stopListening = network.onUnplugged((ip) => {
    for (const [client, through] of tunnels) if (through.includes(ip)) client.destroy();
  });
  const port = await listenOnLoopback(server);
  return {
    url: `http://127.0.0.1:${String(port)}`,
    port,
    get openConnections() {
      return sockets.size;
    },
    close: () => {
      stopListening();
      return closeServer(server, sockets);
    },
  };
}

function nowhere(address: string): string {
  return `globalctl lab: nothing listens at ${address} in this data centre\n`;
}

function openTunnel(options: {
  network: LabNetwork;
  request: IncomingMessage;
  client: Duplex;
  head: Buffer;
  tunnels: Map<Duplex, readonly string[]>;
}): void {
  const { network, request, client, head, tunnels } = options;
  client.on('error', () => client.destroy());
  const address = parseAddress(request.url ?? '');
  const target = address && network.resolve(address.host, address.port);
  if (!target) {
    const text = nowhere(address ? formatAddress(address) : (request.url ?? ''));
    client.end(
      `HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nContent-Length: ${String(Buffer.byteLength(text))}\r\nConnection: close\r\n\r\n${text}`,
    );
    return;
  }
  tunnels.set(client, target.through);
  client.once('close', () => tunnels.delete(client));
  const { link, loopbackPort } = target;
  const establish = (): void => {
    const upstream = connect({ host: '127.0.0.1', port: loopbackPort, noDelay: true }, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      if (head.length > 0) upstream.write(head);
      if (link) return link.carry(client, upstream);
      upstream.pipe(client);
      client.pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    // What a link still carries arrives before the end does.
    upstream.once('close', () => {
      if (!link || !upstream.readableEnded) client.destroy();
    });
    client.once('close', () => upstream.destroy());
  };
  whenHeard(link, client, establish);
}

/** Calls back as soon as a link carries anything, unless `client` gives up before. */
function whenHeard(link: WanLink | undefined, client: Duplex | ServerResponse, then: () => void): void {
  if (link?.condition.state !== 'silent') return then();
  const gone = new AbortController();
  client.once('close', () => gone.abort());
  void link.untilHeard(gone.signal).then(() => {
    if (link.condition.state === 'down') client.destroy();
    else if (!client.destroyed) then();
  });
}

/** Headers that speak about one hop only. */
const hopByHop = new Set(['connection', 'proxy-connection', 'proxy-authorization', 'keep-alive', 'te', 'upgrade']);

function refuse(request: IncomingMessage, response: ServerResponse, status: number, text: string): void {
  request.resume();
  response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
}

function forward(network: LabNetwork, request: IncomingMessage, response: ServerResponse): void {
  if (!URL.canParse(request.url ?? '') || !/^http:/i.test(request.url ?? ''))
    return refuse(
      request,
      response,
      400,
      'globalctl lab: this is a proxy; it takes CONNECT and requests in absolute form\n',
    );
  const url = new URL(request.url ?? '');
  const port = url.port === '' ? 80 : Number(url.port);
  const address = { host: url.hostname.replace(/^\[|\]$/g, ''), port };
  const target = network.resolve(address.host, port);
  if (!target) return refuse(request, response, 502, nowhere(formatAddress(address)));
  whenHeard(target.link, response, () => passOn({ url, address, target, request, response }));
}

function passOn(options: {
  url: URL;
  address: LabAddress;
  target: LabTarget;
  request: IncomingMessage;
  response: ServerResponse;
}): void {
  const { url, address, target, request, response } = options;
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !hopByHop.has(name)));
  const upstream = httpRequest(
    {
      host: '127.0.0.1',
      port: target.loopbackPort,
      method: request.method,
      path: `${url.pathname}${url.search}`,
      headers: { ...headers, host: url.host },
      agent: false,
    },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      answer.once('error', () => response.destroy());
    },
  );
  upstream.once('error', (error) => {
    if (response.headersSent) response.destroy();
    else refuse(request, response, 502, `globalctl lab: ${formatAddress(address)} did not answer: ${error.message}\n`);
  });
  response.once('close', () => upstream.destroy());
  request.pipe(upstream);
}

async function closeServer(server: Server, sockets: ReadonlySet<Duplex>): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  for (const socket of sockets) socket.destroy();
  await closed;
}
