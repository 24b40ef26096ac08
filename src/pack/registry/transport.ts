import type { IncomingMessage } from 'node:http';
import { GlobalctlError } from '../../base/index.ts';
import { isLoopbackHost } from '../oci/reference.ts';
import { foreignConnections, mayProbe, registryConnections, type RegistryAccess } from './access.ts';
import { AnswerBody } from './answer-body.ts';
import { Authenticator, parseChallenge } from './authentication.ts';
import type { Connections } from './connections.ts';
import { RegistryError, retryAfterMs, unreachable } from './registry-error.ts';
import { isHeld, type RequestBody } from './send-body.ts';

export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the registry's address, e.g. `/v2/ait/x/blobs/sha256:...`, or an absolute URL from a Location header. */
  readonly path: string;
  /** Repository and rights for which a token is asked, several divided by a blank: `repository:ait/x:pull,push`. */
  readonly scope: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Content that is held can be sent again after a challenge or a redirect; a stream only once. */
  readonly body?: RequestBody | undefined;
  /** Told of the bytes of the body that the connection took, piece by piece. */
  readonly onSent?: ((bytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RegistryAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: AnswerBody;
  /** Where the answer came from, to which a relative Location belongs. */
  readonly url: URL;
}

/** The first value of a header. */
export function headerOf(answer: Pick<RegistryAnswer, 'headers'>, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

const REDIRECTS = [301, 302, 307, 308];
const MOST_REDIRECTS = 5;

/** Requests to one registry: scheme, proxy, TLS, login and redirects settled, errors typed. */
export class RegistryTransport {
  readonly address: string;
  readonly #access: RegistryAccess;
  readonly #own: Connections;
  readonly #authenticator: Authenticator;
  #foreign: Connections | undefined;
  #origin: Promise<string> | undefined;

  constructor(access: RegistryAccess) {
    this.address = access.address;
    this.#access = access;
    this.#own = registryConnections(access);
    this.#authenticator = new Authenticator({
      ...access,
      connections: this.#own,
      mayUsePlainHttp: access.scheme === 'http' || access.insecure === true,
    });
  }

  /**
   * Sends a request and returns the answer when its status is below 400; the caller consumes the body. A challenge is
   * answered once; a body that streams must therefore follow a request of the same scope that has settled the login.
   * Redirects are followed; a host other than the registry is sent no login. Throws RegistryError (REGISTRY_ERROR,
   * REGISTRY_NOT_FOUND, REGISTRY_DENIED, REGISTRY_FULL, REGISTRY_LIMIT), REGISTRY_UNREACHABLE or CANCELLED.
   */
  async send(call: RegistryRequest): Promise<RegistryAnswer> {
    const origin = await this.#resolveOrigin(call.signal);
    let url = this.#target(call.path, new URL(origin));
    let isChallenged = false;
    for (let redirects = 0; ;) {
      const foreign = url.origin !== origin;
      const words = `${call.method} ${url.host}${url.pathname}`;
      const authorization = foreign ? undefined : this.#authenticator.headerFor(call.scope);
      const answer = await this.#exchange(url, call, words, authorization, foreign);
      const { statusCode: status = 0, headersDistinct: headers } = answer;
      const body = new AnswerBody(answer, words, call.signal);
      const mayRepeat = call.body === undefined || isHeld(call.body);
      if (status === 401 && !isChallenged && !foreign && mayRepeat) {
        isChallenged = true;
        await body.dump();
        const challenge = (headers['www-authenticate'] ?? []).map(parseChallenge).find((c) => c !== undefined);
        await this.#authenticator.answer(challenge, call.scope, call.signal).catch((error: unknown) => {
          throw error instanceof GlobalctlError ? error : unreachable(error, words, call.signal);
        });
        continue;
      }
      const [location] = headers['location'] ?? [];
      if (REDIRECTS.includes(status) && location !== undefined && mayRepeat && redirects < MOST_REDIRECTS) {
        redirects++;
        await body.dump();
        url = this.#target(location, url);
        continue;
      }
      if (status < 300) return { status, headers, body, url };
      const text = await body.text().catch(() => '');
      throw new RegistryError(words, { status, retryAfterMs: retryAfterMs(headers['retry-after']) }, text);
    }
  }

  /** Whether an address is the registry's own rather than that of a host to which it sends its clients. */
  async isOwn(location: string): Promise<boolean> {
    const origin = await this.#resolveOrigin(undefined);
    return this.#target(location, new URL(origin)).origin === origin;
  }

  async close(): Promise<void> {
    await this.#own.close();
    await this.#foreign?.close();
  }

  /**
   * Where a path or a Location leads. A registry behind a proxy that ends TLS often names itself with http: the same host is
   * asked as before. Elsewhere nothing goes without TLS that would have gone with it.
   */
  #target(location: string, base: URL): URL {
    const url = new URL(location, base);
    if (url.protocol !== 'http:' || base.protocol !== 'https:') return url;
    if (url.host === base.host) return new URL(`${base.origin}${url.pathname}${url.search}`);
    if (isLoopbackHost(url.hostname)) return url;
    throw new GlobalctlError('REGISTRY_ERROR', {
      message: `registry ${this.address} sends its clients to ${url.origin}, without TLS`,
      subject: this.address,
      expected: 'an address with https',
      found: url.origin,
    });
  }

  async #exchange(
    url: URL,
    call: RegistryRequest,
    words: string,
    authorization: string | undefined,
    foreign: boolean,
  ): Promise<IncomingMessage> {
    const connections = foreign ? (this.#foreign ??= foreignConnections(this.#access)) : this.#own;
    const { method, body, onSent, signal } = call;
    const headers = {
      'user-agent': 'globalctl',
      ...call.headers,
      ...(authorization !== undefined && { authorization }),
    };
    try {
      return await connections.exchange({ url, method, headers, body, onSent, signal });
    } catch (error) {
      throw unreachable(error, words, signal);
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
    const words = `GET ${address}/v2/`;
    const plain = `http://${address}`;
    let failure: unknown;
    try {
      const answer = await this.#exchange(new URL('/v2/', plain), call, words, undefined, false);
      answer.resume();
      // Go's and Node's TLS servers answer plain HTTP with 400; a registry answers /v2/ with 200 or 401.
      if (answer.statusCode !== 400) return plain;
    } catch (error) {
      if (signal?.aborted) throw error;
      failure = error;
    }
    const secure = `https://${address}`;
    try {
      const answer = await this.#exchange(new URL('/v2/', secure), call, words, undefined, false);
      answer.resume();
      return secure;
    } catch (error) {
      throw failure ?? error;
    }
  }
}
