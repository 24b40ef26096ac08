import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Agent, request } from 'undici';
import { formatKubeconfig, parseKubeconfig } from '../../../src/kube/index.ts';

/** What becomes of some requests: an answer in the API server's place, or none. */
export interface ApiFault {
  readonly method: string;
  readonly path: RegExp;
  /** How many requests it hits. */
  times: number;
  /** Absent: the connection is broken. */
  readonly answer?: { readonly status: number; readonly reason: string; readonly retryAfterSeconds?: number };
}

/** Stands before an API server, speaks plain HTTP on loopback, and does to some requests what `faults` says. */
export class FaultyApi implements AsyncDisposable {
  readonly faults: ApiFault[] = [];
  readonly kubeconfigText: string;
  readonly #close: () => Promise<void>;

  private constructor(kubeconfigText: string, faults: ApiFault[], close: () => Promise<void>) {
    this.kubeconfigText = kubeconfigText;
    this.faults = faults;
    this.#close = close;
  }

  static async before(adminKubeconfig: string): Promise<FaultyApi> {
    const access = await parseKubeconfig(adminKubeconfig, { source: 'admin' });
    const dispatcher = new Agent({
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { ca: access.caPem, cert: access.clientCertificatePem, key: access.clientKeyPem },
    });
    const faults: ApiFault[] = [];
    const hand = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
      const { method = 'GET', url = '/' } = incoming;
      const fault = faults.find((f) => f.times > 0 && f.method === method && f.path.test(url));
      const body = await buffer(incoming);
      if (fault) {
        fault.times--;
        refuse(outgoing, fault);
        return;
      }
      const gone = new AbortController();
      outgoing.once('close', () => gone.abort());
      const { host: _, connection: __, 'transfer-encoding': ___, ...headers } = incoming.headers;
      const answer = await request(`${access.server}${url}`, {
        method,
        headers,
        body: body.length > 0 ? body : null,
        dispatcher,
        signal: gone.signal,
      });
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.body.on('error', () => outgoing.destroy());
      answer.body.pipe(outgoing);
    };
    const server = createServer((incoming, outgoing) => {
      hand(incoming, outgoing).catch(() => outgoing.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    return new FaultyApi(
      formatKubeconfig('faulty', { server: url, insecureSkipTlsVerify: false }),
      faults,
      async () => {
        server.close();
        server.closeAllConnections();
        await dispatcher.destroy();
      },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

function refuse(outgoing: ServerResponse, { answer }: ApiFault): void {
  if (!answer) {
    outgoing.destroy();
    return;
  }
  const { status: code, reason, retryAfterSeconds } = answer;
  outgoing.writeHead(code, {
    'content-type': 'application/json',
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
  });
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: `made up: ${reason}` };
  outgoing.end(
    JSON.stringify({
      ...status,
      reason,
      code,
      ...(retryAfterSeconds !== undefined && { details: { retryAfterSeconds } }),
    }),
  );
}
