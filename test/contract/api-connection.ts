import { request, Agent, ProxyAgent, type Dispatcher } from 'undici';
import { parseKubeconfig } from '../../src/kube/index.ts';

export type Json = Record<string, unknown>;

export interface Answer {
  readonly code: number;
  /** The body when it is a JSON object, {} when it is anything else. */
  readonly body: Json;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface CallOptions {
  readonly contentType?: string;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent in place of the kubeconfig's credentials; `anonymous` sends none. */
  readonly as?: { readonly token: string } | 'anonymous';
}

export interface ContractEvent {
  readonly type: string;
  readonly object: Json;
}

/** One HTTP request, one answer: no retries, nothing interpreted, so that a case sees what the server said. */
export class ApiConnection {
  readonly #server: string;
  readonly #own: Dispatcher;
  readonly #bare: Dispatcher;
  readonly #token: string | undefined;

  private constructor(server: string, own: Dispatcher, bare: Dispatcher, token: string | undefined) {
    this.#server = server;
    this.#own = own;
    this.#bare = bare;
    this.#token = token;
  }

  static async open(kubeconfig: string): Promise<ApiConnection> {
    const access = await parseKubeconfig(kubeconfig, { source: 'kubeconfig' });
    const trust = {
      ...(access.caPem !== undefined && { ca: access.caPem }),
      ...(access.insecureSkipTlsVerify && { rejectUnauthorized: false }),
    };
    const dispatcher = (tls: object): Dispatcher =>
      access.proxyUrl === undefined
        ? new Agent({ connect: tls })
        : new ProxyAgent({ uri: access.proxyUrl, requestTls: tls, proxyTunnel: true });
    const own = dispatcher({ ...trust, cert: access.clientCertificatePem, key: access.clientKeyPem });
    return new ApiConnection(access.server, own, dispatcher(trust), access.token);
  }

  async call(method: string, path: string, body?: unknown, options: CallOptions = {}): Promise<Answer> {
    const answer = await request(`${this.#server}${path}`, {
      method,
      dispatcher: options.as === undefined ? this.#own : this.#bare,
      headers: {
        accept: options.accept ?? 'application/json',
        'user-agent': 'contract/1',
        ...(body !== undefined && { 'content-type': options.contentType ?? 'application/json' }),
        ...this.#authorization(options),
        ...options.headers,
      },
      body: body === undefined ? null : typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    });
    const text = await answer.body.text();
    return { code: answer.statusCode, body: objectOf(text), text, headers: answer.headers };
  }

  /**
   * Events of a watch, until `count` of them came (bookmarks of the server's own rhythm are not counted) or the server ended
   * it. `act` runs once the watch is answered.
   */
  async watch(path: string, count: number, act?: () => Promise<unknown>): Promise<ContractEvent[]> {
    const events: ContractEvent[] = [];
    const answer = await request(`${this.#server}${path}`, {
      dispatcher: this.#own,
      headers: { accept: 'application/json', ...this.#authorization({}) },
      signal: AbortSignal.timeout(10_000),
    });
    const acting = act?.();
    let rest = '';
    try {
      if (count > 0)
        reading: for await (const chunk of answer.body) {
          rest += String(chunk);
          let end: number;
          while ((end = rest.indexOf('\n')) >= 0) {
            const event = JSON.parse(rest.slice(0, end)) as ContractEvent;
            rest = rest.slice(end + 1);
            if (answer.statusCode !== 200) throw new Error(`the watch was refused: ${JSON.stringify(event)}`);
            events.push(event);
            if (events.length >= count) break reading;
          }
        }
      await acting;
    } finally {
      answer.body.on('error', () => undefined).destroy();
    }
    return events;
  }

  async close(): Promise<void> {
    await Promise.all([this.#own.destroy(), this.#bare.destroy()]);
  }

  #authorization(options: CallOptions): Record<string, string> {
    const token = options.as === undefined ? this.#token : options.as === 'anonymous' ? undefined : options.as.token;
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  }
}

function objectOf(text: string): Json {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? (value as Json) : {};
  } catch {
    return {};
  }
}
