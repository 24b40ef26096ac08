import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with a request. */
export type Fault =
  /** Answers in the registry's place; what was sent is read first unless `early`. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      readonly early?: boolean;
    }
  /** Hands on so many bytes of the request's body and breaks both connections. */
  | { readonly kind: 'reset'; readonly afterBytes: number }
  /** Reads so many bytes, hands on none, and breaks the client's connection: what a proxy that buffers requests does. */
  | { readonly kind: 'reset-unseen'; readonly afterBytes: number }
  /** The registry does its work, and its answer never arrives. */
  | { readonly kind: 'lose-answer' }
  /** The answer is cut after so many bytes of its body. */
  | { readonly kind: 'cut-answer'; readonly afterBytes: number }
  /** Takes the request and says nothing. */
  | { readonly kind: 'stall' }
  /** The registry's answer with other headers, status or body. */
  | {
      readonly kind: 'lie';
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: (bytes: Buffer) => Buffer;
    };

export interface SeenRequest {
  readonly method: string;
  /** Path without query. */
  readonly path: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  /** Counts all requests from 0. */
  readonly index: number;
}

export interface FaultProxy {
  readonly address: string;
  readonly seen: SeenRequest[];
  /** Bytes of request bodies that were handed on to the registry. */
  readonly forwardedBytes: () => number;
  /** Decides about each request as it comes; undefined hands it on. */
  decide: (request: SeenRequest) => Fault | undefined;
  /** Told of bytes of bodies as they are handed on. */
  onForwarded: (totalBytes: number) => void;
  /** Sends the requests on to another address. */
  target: string;
  close(): Promise<void>;
}

/** An HTTP proxy in front of a registry that does to requests what networks, proxies and registries do to them. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  let forwarded = 0;
  const server = createServer((request, response) => {
    const url = request.url ?? '/';
    const [path = ''] = url.split('?');
    const seen = { method: request.method ?? '', path, url, headers: request.headers, index: proxy.seen.length };
    proxy.seen.push(seen);
    const fault = proxy.decide(seen);
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    switch (fault?.kind) {
      case 'stall':
        request.resume();
        return;
      case 'answer':
        return fault.early === true ? answer(response, fault) : afterBody(request, () => answer(response, fault));
      case 'reset-unseen':
        return countBody(request, fault.afterBytes, () => request.socket.destroy());
      default:
        forward(request, response, fault);
    }
  });

  function forward(request: IncomingMessage, response: ServerResponse, fault: Fault | undefined): void {
    const [host, port] = proxy.target.split(':');
    const onward = httpRequest(
      { host, port, method: request.method, path: request.url, headers: request.headers },
      (reply) => void relay(reply, request, response, fault),
    );
    onward.on('error', () => request.socket.destroy());
    let passed = 0;
    request.on('data', (chunk: Buffer) => {
      const limit = fault?.kind === 'reset' ? Math.max(0, fault.afterBytes - passed) : chunk.length;
      const piece = chunk.subarray(0, limit);
      passed += piece.length;
      forwarded += piece.length;
      proxy.onForwarded(forwarded);
      if (!onward.write(piece)) {
        request.pause();
        onward.once('drain', () => request.resume());
      }
      if (fault?.kind === 'reset' && passed >= fault.afterBytes) {
        request.removeAllListeners('data');
        // Ending the connection in order lets the registry see what was handed on before it sees the break.
        onward.socket?.end();
        onward.destroy();
        request.socket.destroy();
      }
    });
    request.on('end', () => onward.end());
    request.on('close', () => {
      // A client killed while its last bytes wait here has sent all, and yet there is no end to hand on.
      if (!request.readableEnded) onward.destroy();
    });
  }

  async function relay(
    reply: IncomingMessage,
    request: IncomingMessage,
    response: ServerResponse,
    fault: Fault | undefined,
  ): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of reply as AsyncIterable<Buffer>) chunks.push(chunk);
    let body: Buffer = Buffer.concat(chunks);
    if (fault?.kind === 'lose-answer') return void request.socket.destroy();
    const lie = fault?.kind === 'lie' ? fault : undefined;
    if (lie?.body) body = lie.body(body);
    response.writeHead(lie?.status ?? reply.statusCode ?? 500, {
      ...reply.headers,
      ...(lie?.body && { 'content-length': String(body.length) }),
      ...lie?.headers,
    });
    if (fault?.kind === 'cut-answer') {
      response.write(body.subarray(0, fault.afterBytes), () => request.socket.destroy());
      return;
    }
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: FaultProxy = {
    address: `127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    seen: [],
    forwardedBytes: () => forwarded,
    decide: () => undefined,
    onForwarded: () => undefined,
    target,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return proxy;
}

function answer(response: ServerResponse, fault: Extract<Fault, { kind: 'answer' }>): void {
  response.writeHead(fault.status, { ...fault.headers });
  response.end(fault.body);
}

function afterBody(request: IncomingMessage, then: () => void): void {
  request.resume();
  request.once('end', then);
}

function countBody(request: IncomingMessage, limitBytes: number, then: () => void): void {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes >= limitBytes) then();
  });
  request.once('end', then);
}
