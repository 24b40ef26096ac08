import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as httpsRequest, Agent } from 'node:https';
import type { AddressInfo } from 'node:net';
import { formatKubeconfig, parseKubeconfig } from '../../../src/kube/index.ts';

export interface SeenCall {
  /** Counts all calls from 1. */
  readonly index: number;
  readonly method: string;
  readonly path: string;
  readonly watch: boolean;
  /** Who calls, as the header User-Agent says. */
  readonly agent: string;
}

/** What goes wrong with a call to the API server. */
export type CallFault =
  /** A Status in the API server's place, which never sees the call. */
  | { readonly kind: 'answer'; readonly status: number; readonly reason: string }
  /** Something happens, and the connection breaks: before the API server sees the call, or after it has done its work. */
  | { readonly kind: 'break'; readonly when: 'before' | 'after'; readonly act?: () => void }
  /** Nothing comes, ever. */
  | { readonly kind: 'stall' }
  /** A watch breaks after so many bytes. */
  | { readonly kind: 'cut'; readonly afterBytes: number };

export interface ApiGate {
  /** A kubeconfig that leads through the gate, with the rights of the one that the gate was given. */
  readonly kubeconfig: string;
  /** Decides about each call; set by the test. */
  judge: (call: SeenCall) => CallFault | undefined;
  close(): Promise<void>;
}

/** A proxy in front of an API server, through which calls can fail in the ways that real ones do. */
export async function startApiGate(kubeconfig: string): Promise<ApiGate> {
  const access = await parseKubeconfig(kubeconfig, { source: 'gate' });
  const agent = new Agent({
    keepAlive: true,
    ca: access.caPem,
    cert: access.clientCertificatePem,
    key: access.clientKeyPem,
  });
  let calls = 0;
  const server = createServer((incoming, outgoing) => {
    const url = incoming.url ?? '/';
    const fault = gate.judge({
      index: ++calls,
      method: incoming.method ?? 'GET',
      path: url.split('?')[0] ?? '',
      watch: url.includes('watch=true'),
      agent: incoming.headers['user-agent'] ?? '',
    });
    void answer(incoming, outgoing, fault);
  });
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse, fault?: CallFault): Promise<void> => {
    if (fault?.kind === 'stall') return;
    if (fault?.kind === 'answer') {
      sendStatus(outgoing, fault);
      return;
    }
    if (fault?.kind === 'break' && fault.when === 'before') {
      fault.act?.();
      outgoing.destroy();
      return;
    }
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const upstream = httpsRequest(`${access.server}${incoming.url ?? '/'}`, {
      method: incoming.method,
      headers: { ...incoming.headers, host: new URL(access.server).host },
      agent,
    });
    upstream.once('error', () => outgoing.destroy());
    outgoing.once('close', () => upstream.destroy());
    upstream.once('response', (response) => {
      if (fault?.kind === 'break') {
        response.resume();
        response.once('end', () => {
          fault.act?.();
          outgoing.destroy();
        });
        return;
      }
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      outgoing.flushHeaders();
      let sent = 0;
      response.on('data', (chunk: Buffer) => {
        sent += chunk.length;
        outgoing.write(chunk);
        if (fault?.kind === 'cut' && sent >= fault.afterBytes) outgoing.destroy();
      });
      response.once('end', () => outgoing.end());
      response.once('error', () => outgoing.destroy());
    });
    upstream.end(Buffer.concat(chunks));
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${String(port)}`;
  const gate: ApiGate = {
    kubeconfig: formatKubeconfig('gate', { server: url, insecureSkipTlsVerify: false }),
    judge: () => undefined,
    async close() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await once(server, 'close');
    },
  };
  return gate;
}

function sendStatus(outgoing: ServerResponse, { status, reason }: CallFault & { readonly kind: 'answer' }): void {
  const retry = status === 429 ? { details: { retryAfterSeconds: 0 } } : {};
  const body = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'a fault',
    reason,
    code: status,
  };
  outgoing.writeHead(status, { 'content-type': 'application/json' });
  outgoing.end(JSON.stringify({ ...body, ...retry }));
}
