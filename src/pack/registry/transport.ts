import { request, type Dispatcher } from 'undici';
import { GlobalctlError } from '../../base/index.ts';
import { mayProbe, registryDispatcher, type RegistryAccess } from './access.ts';
import { Authenticator, parseChallenge } from './authentication.ts';

export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the registry's address, e.g. `/v2/ait/x/blobs/sha256:...`, or an absolute URL from a Location header. */
  readonly path: string;
  /** Repository and rights for which a token is asked: `repository:ait/x:pull,push`. */
  readonly scope: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Uint8Array | AsyncIterable<Uint8Array> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RegistryAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Dispatcher.ResponseData['body'];
}

/** An answer of a registry that is not a success; `status` and `registryCode` (BLOB_UNKNOWN, DENIED ...) are branched on. */
export class RegistryError extends GlobalctlError {
  readonly status: number;
  readonly registryCode: string | undefined;
  /** What the server's Retry-After asks for, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(words: string, answer: { status: number; retryAfterMs?: number | undefined }, text: string) {
    const { code, message } = firstError(text);
    const kind =
      answer.status === 401 || answer.status === 403
        ? 'REGISTRY_DENIED'
        : answer.status === 404
          ? 'REGISTRY_NOT_FOUND'
          : 'REGISTRY_ERROR';
    super(kind, {
      message: `${words}: ${[String(answer.status), code, message].filter((part) => part !== undefined && part !== '').join(' ')}`,
      subject: words,
    });
    this.status = answer.status;
    this.registryCode = code;
    this.retryAfterMs = answer.retryAfterMs;
  }
}

/** The first entry of the error body that the distribution specification defines. */
function firstError(text: string): { code: string | undefined; message: string | undefined } {
  try {
    const body = JSON.parse(text) as { errors?: { code?: string; message?: string }[] };
    const first = body.errors?.[0];
    if (first) return { code: first.code, message: first.message };
  } catch {
    // A proxy or a load balancer answered; its words are shown instead.
  }
  return { code: undefined, message: text.slice(0, 200).trim() };
}

/** Requests to one registry: scheme, proxy, TLS and login settled, errors typed. */
export class RegistryTransport {
  readonly address: string;
  readonly #access: RegistryAccess;
  readonly #dispatcher: Dispatcher;
  readonly #authenticator: Authenticator;
  #origin: Promise<string> | undefined;

  constructor(access: RegistryAccess) {
    this.address = access.address;
    this.#access = access;
    this.#dispatcher = registryDispatcher(access);
    this.#authenticator = new Authenticator({ ...access, dispatcher: this.#dispatcher });
  }

  /**
   * Sends a request and returns the answer when its status is below 400; the caller consumes the body. A challenge is
   * answered once; a body that streams must therefore follow a request of the same scope that has settled the login.
   * Throws RegistryError (REGISTRY_ERROR, REGISTRY_NOT_FOUND, REGISTRY_DENIED), REGISTRY_UNREACHABLE or CANCELLED.
   */
  async send(call: RegistryRequest): Promise<RegistryAnswer> {
    const origin = await this.#resolveOrigin(call.signal);
    const url = new URL(call.path, origin);
    // A registry may hand uploads to a store elsewhere; it must not be told the login.
    const foreign = url.origin !== origin;
    const words = `${call.method} ${url.host}${url.pathname}`;
    for (let attempt = 1; ; attempt++) {
      const authorization = foreign ? undefined : this.#authenticator.headerFor(call.scope);
      const answer = await this.#exchange(url, call, words, authorization);
      if (answer.statusCode === 401 && attempt === 1 && !foreign) {
        await answer.body.dump();
        const header = answer.headers['www-authenticate'];
        const challenge = (Array.isArray(header) ? header : [header]).map(parseChallenge).find((c) => c !== undefined);
        await this.#authenticator.answer(challenge, call.scope, call.signal).catch((error: unknown) => {
          throw error instanceof GlobalctlError ? error : unreachable(error, words, call.signal);
        });
        continue;
      }
      if (answer.statusCode < 400) return { status: answer.statusCode, headers: answer.headers, body: answer.body };
      const text = await answer.body.text().catch(() => '');
      throw new RegistryError(
        words,
        { status: answer.statusCode, retryAfterMs: retryAfter(answer.headers['retry-after']) },
        text,
      );
    }
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #exchange(
    url: URL,
    call: RegistryRequest,
    words: string,
    authorization: string | undefined,
  ): Promise<Dispatcher.ResponseData> {
    try {
      return await request(url, {
        method: call.method,
        dispatcher: this.#dispatcher,
        headers: {
          'user-agent': 'globalctl',
          ...call.headers,
          ...(authorization !== undefined && { authorization }),
        },
        ...(call.body !== undefined && { body: call.body as Uint8Array }),
        ...(call.signal && { signal: call.signal }),
      });
    } catch (error) {
      throw unreachable(error, words, call.signal);
    }
  }

  /** Asks once which scheme the registry speaks, where that is left open. */
  #resolveOrigin(signal: AbortSignal | undefined): Promise<string> {
    const { address, scheme = 'auto' } = this.#access;
    if (!mayProbe(this.#access)) return Promise.resolve(`${scheme === 'http' ? 'http' : 'https'}://${address}`);
    this.#origin ??= this.#probe(signal).catch((error: unknown) => {
      this.#origin = undefined;
      throw error;
    });
    return this.#origin;
  }

  async #probe(signal: AbortSignal | undefined): Promise<string> {
    const call: RegistryRequest = { method: 'GET', path: '/v2/', scope: '', signal };
    const { address } = this.#access;
    const plain = `http://${address}`;
    let failure: unknown;
    try {
      const answer = await this.#exchange(new URL('/v2/', plain), call, `GET ${address}/v2/`, undefined);
      await answer.body.dump();
      // Go's and Node's TLS servers answer plain HTTP with 400; a registry answers /v2/ with 200 or 401.
      if (answer.statusCode !== 400) return plain;
    } catch (error) {
      if (signal?.aborted) throw error;
      failure = error;
    }
    const secure = `https://${address}`;
    try {
      const answer = await this.#exchange(new URL('/v2/', secure), call, `GET ${address}/v2/`, undefined);
      await answer.body.dump();
      return secure;
    } catch (error) {
      throw failure ?? error;
    }
  }
}

/** `seconds` or an HTTP date, RFC 9110 section 10.2.3. */
function retryAfter(header: string | string[] | undefined): number | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

/** Errors of ours that a body stream threw pass through undici as they are; anything else is the network. */
function unreachable(error: unknown, words: string, signal: AbortSignal | undefined): GlobalctlError {
  const reasons: string[] = [];
  for (let e: unknown = error; e instanceof Error; e = e.cause) {
    if (e instanceof GlobalctlError) return e;
    if (e instanceof AggregateError && e.message === '') reasons.push(...e.errors.map(String));
    else reasons.push(e.message);
  }
  if (signal?.aborted) return new GlobalctlError('CANCELLED', { message: `interrupted: ${words}`, cause: error });
  return new GlobalctlError('REGISTRY_UNREACHABLE', {
    message: `${words}: ${[...new Set(reasons)].filter((r) => r !== '').join(': ') || String(error)}`,
    subject: words,
    cause: error,
  });
}
