import { Agent, request as requestPlain, type AgentOptions, type ClientRequest, type IncomingMessage } from 'node:http';
import { sendBody, type RequestBody } from './send-body.ts';
import { tunnelThrough } from './tunnel.ts';

/** One request to one address. */
export interface Exchange {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: RequestBody | undefined;
  /** Told of the bytes of the body that the connection took, piece by piece. */
  readonly onSent?: ((bytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ConnectionSettings {
  /** HTTP proxy through which everything goes, by CONNECT. */
  readonly proxyUrl: string | undefined;
  /** For how long a peer may say and take nothing before it counts as gone. */
  readonly stallMs: number;
  /** Asked for when a connection needs TLS. */
  readonly tls: () => Promise<TlsSettings> | TlsSettings;
}

export interface TlsSettings {
  readonly ca?: string[];
  readonly cert?: string;
  readonly key?: string;
  readonly rejectUnauthorized?: boolean;
}

/** To one address at once: several requests for each of the uploads of a package. */
const MOST_CONNECTIONS = 16;
const IDLE_MS = 10_000;
const CONNECT_MS = 10_000;

/**
 * Connections that are kept for further requests, over HTTP and TLS. Node's own HTTP: to load another library takes longer than a
 * push of which nothing is new. What needs TLS is loaded with the first request that has it.
 */
export class Connections {
  readonly #settings: ConnectionSettings;
  readonly #plain: Agent;
  #secure: Promise<Secure> | undefined;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
    this.#plain = new Agent(AGENT);
    if (settings.proxyUrl !== undefined) tunnelThrough(this.#plain, settings.proxyUrl);
  }

  /** Sends a request; the caller consumes the answer. Throws the network's errors, and what reading `body` throws. */
  async exchange(call: Exchange): Promise<IncomingMessage> {
    call.signal?.throwIfAborted();
    const { url, method, headers } = call;
    const options = { method, headers, timeout: this.#settings.stallMs };
    if (url.protocol !== 'https:') return this.#run(requestPlain(url, { ...options, agent: this.#plain }), call);
    const { agent, request } = await (this.#secure ??= openSecure(this.#settings));
    return this.#run(request(url, { ...options, agent }), call);
  }

  /** Cuts all connections. */
  async close(): Promise<void> {
    this.#plain.destroy();
    if (this.#secure) (await this.#secure).agent.destroy();
  }

  #run(request: ClientRequest, { body, onSent, signal }: Exchange): Promise<IncomingMessage> {
    const { stallMs } = this.#settings;
    const onAbort = (): void => void request.destroy(new Error('interrupted'));
    signal?.addEventListener('abort', onAbort, { once: true });
    request.once('close', () => signal?.removeEventListener('abort', onAbort));
    request.on('timeout', () => request.destroy(new Error(`nothing moved for ${String(stallMs / 1000)} s`)));
    request.once('socket', (socket) => {
      if (!socket.connecting) return;
      const tooLong = (): void =>
        void request.destroy(new Error(`no connection within ${String(CONNECT_MS / 1000)} s`));
      const timer = setTimeout(tooLong, CONNECT_MS);
      for (const event of ['connect', 'close']) socket.once(event, () => clearTimeout(timer));
    });
    return new Promise((resolve, reject) => {
      // Stays for what breaks after the answer has begun: whoever reads the answer is told of it.
      request.on('error', reject);
      const sending = sendBody(request, body, onSent);
      request.once('response', (answer) => {
        resolve(answer);
        // A registry that answers before it has been sent everything does not want the rest; the connection is of no use then.
        answer.once('end', () => void sending.then(() => request.writableEnded || request.destroy()));
      });
    });
  }
}

interface Secure {
  readonly agent: Agent;
  readonly request: typeof requestPlain;
}

const AGENT: AgentOptions = { keepAlive: true, maxSockets: MOST_CONNECTIONS, timeout: IDLE_MS };

async function openSecure({ tls, proxyUrl }: ConnectionSettings): Promise<Secure> {
  const [https, settings] = await Promise.all([import('node:https'), tls()]);
  const agent = new https.Agent({ ...AGENT, ...settings });
  if (proxyUrl !== undefined) {
    const { connect } = await import('node:tls');
    tunnelThrough(agent, proxyUrl, (options, socket) => connect({ ...options, socket }));
  }
  return { agent, request: https.request };
}
