import { GlobalctlError } from '../../base/index.ts';
import { isLoopbackHost } from '../oci/reference.ts';
import { AnswerBody } from './answer-body.ts';
import type { Connections } from './connections.ts';
import { RegistryError, retryAfterMs } from './registry-error.ts';

/** What a registry demands of a request that it refused: the WWW-Authenticate header, RFC 7235. */
export interface Challenge {
  readonly scheme: 'basic' | 'bearer';
  readonly parameters: Readonly<Record<string, string>>;
}

/** The first challenge that can be answered, or undefined. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  const match = /^\s*(basic|bearer)\s*(.*)$/i.exec(header ?? '');
  if (!match) return undefined;
  const parameters: Record<string, string> = {};
  for (const [, key = '', quoted, bare] of (match[2] ?? '').matchAll(/([a-zA-Z_]+)=(?:"([^"]*)"|([^\s,]+))/g))
    parameters[key.toLowerCase()] = quoted ?? bare ?? '';
  return { scheme: match[1]?.toLowerCase() === 'basic' ? 'basic' : 'bearer', parameters };
}

/** Answers the challenges of one registry, and remembers the answers by scope. */
export class Authenticator {
  readonly #address: string;
  readonly #basic: string | undefined;
  readonly #connections: Connections;
  readonly #mayUsePlainHttp: boolean;
  readonly #headers = new Map<string, string>();
  readonly #asked = new Map<string, Promise<string>>();

  constructor(options: {
    readonly address: string;
    readonly username?: string | undefined;
    readonly password?: string | undefined;
    readonly connections: Connections;
    /** Whether the login may go to a token service without TLS that is not on loopback. */
    readonly mayUsePlainHttp: boolean;
  }) {
    this.#address = options.address;
    this.#connections = options.connections;
    this.#mayUsePlainHttp = options.mayUsePlainHttp;
    if (options.username !== undefined && options.username !== '')
      this.#basic = `Basic ${Buffer.from(`${options.username}:${options.password ?? ''}`, 'utf8').toString('base64')}`;
  }

  /** The Authorization header that worked for this scope, or undefined before the first challenge. */
  headerFor(scope: string): string | undefined {
    return this.#headers.get(scope);
  }

  /**
   * Obtains the header that a challenge asks for; requests that are challenged at the same moment share one answer. Throws
   * REGISTRY_DENIED, or RegistryError when the token service is in trouble.
   */
  async answer(challenge: Challenge | undefined, scope: string, signal?: AbortSignal): Promise<string> {
    if (!challenge) throw this.#denied('it asks for a kind of login that is not known');
    if (challenge.scheme === 'basic') {
      if (this.#basic === undefined) throw this.#denied('it asks for a login and none was given');
      this.#headers.set(scope, this.#basic);
      return this.#basic;
    }
    let asking = this.#asked.get(scope);
    if (!asking) {
      asking = this.#token(challenge, scope, signal).finally(() => this.#asked.delete(scope));
      this.#asked.set(scope, asking);
    }
    const header = `Bearer ${await asking}`;
    this.#headers.set(scope, header);
    return header;
  }

  /** The token service's answer, as the distribution project documents it (token authentication). */
  async #token(challenge: Challenge, scope: string, signal: AbortSignal | undefined): Promise<string> {
    const { realm, service } = challenge.parameters;
    if (realm === undefined || !URL.canParse(realm)) throw this.#denied('its token service has no address');
    const url = new URL(realm);
    if (
      this.#basic !== undefined &&
      url.protocol === 'http:' &&
      !this.#mayUsePlainHttp &&
      !isLoopbackHost(url.hostname)
    )
      throw this.#denied(`it sends the login to ${url.origin}, without TLS`);
    if (service !== undefined) url.searchParams.set('service', service);
    for (const part of (challenge.parameters['scope'] ?? scope).split(' ')) url.searchParams.append('scope', part);
    const answer = await this.#connections.exchange({
      url,
      method: 'GET',
      headers: { ...(this.#basic !== undefined && { authorization: this.#basic }) },
      signal,
    });
    const words = `GET ${url.host}${url.pathname}`;
    const text = await new AnswerBody(answer, words, signal).text();
    const { statusCode: status = 0 } = answer;
    if (status === 429 || status >= 500)
      throw new RegistryError(words, { status, retryAfterMs: retryAfterMs(answer.headers['retry-after']) }, text);
    if (status !== 200) throw this.#denied(`its token service answered ${String(status)}`);
    let body: { token?: unknown; access_token?: unknown };
    try {
      body = JSON.parse(text) as typeof body;
    } catch {
      throw this.#denied('its token service answered something that is not JSON');
    }
    const token = body.token ?? body.access_token;
    if (typeof token !== 'string') throw this.#denied('its token service gave no token');
    return token;
  }

  #denied(reason: string): GlobalctlError {
    return new GlobalctlError('REGISTRY_DENIED', {
      message: `registry ${this.#address}: ${reason}`,
      subject: this.#address,
    });
  }
}
