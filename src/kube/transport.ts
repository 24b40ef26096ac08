import { setMaxListeners } from 'node:events';
import type { Readable } from 'node:stream';
import { createSecureContext } from 'node:tls';
import { Agent, ProxyAgent, request, type Dispatcher } from 'undici';
import { GlobalctlError } from '../base/index.ts';
import { KubeApiError, type KubeStatus } from './api-error.ts';
import type { ClusterAccess } from './kubeconfig.ts';

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: string | undefined;
  readonly contentType?: string | undefined;
  readonly accept?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Watches hold one each for as long as they last; a thousand handshakes at once would time out. */
const CONNECTIONS = 256;

/** One HTTP connection pool to one API server: TLS, credentials and proxy of a kubeconfig, errors as typed values. */
export class Transport {
  readonly server: string;
  readonly #dispatcher: Dispatcher;
  readonly #token: string | undefined;

  constructor(access: ClusterAccess) {
    this.server = access.server;
    this.#token = access.token;
    const tls = {
      // Made once: parsing certificates and keys again for each connection costs more than the connection.
      secureContext: createSecureContext({
        ...(access.caPem !== undefined && { ca: access.caPem }),
        ...(access.clientCertificatePem !== undefined && { cert: access.clientCertificatePem }),
        ...(access.clientKeyPem !== undefined && { key: access.clientKeyPem }),
      }),
      ...(access.insecureSkipTlsVerify && { rejectUnauthorized: false }),
      ...(access.tlsServerName !== undefined && { servername: access.tlsServerName }),
    };
    // A watch is silent for as long as nothing happens, so neither headers nor body may time out here: callers hold deadlines.
    const timeouts = { connections: CONNECTIONS, headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 30_000 };
    this.#dispatcher =
      access.proxyUrl === undefined
        ? new Agent({ ...timeouts, connect: tls })
        : new ProxyAgent({ ...timeouts, uri: access.proxyUrl, requestTls: tls, proxyTunnel: true });
  }

  /** Sends a request; resolves with the answer's body stream when the status is a success. */
  async stream(raw: RawRequest): Promise<Readable> {
    const words = `${raw.method} ${this.server}${raw.path}`;
    // One signal ends many requests at once; each listens to it only while it runs.
    if (raw.signal) setMaxListeners(0, raw.signal);
    let answer;
    try {
      answer = await request(`${this.server}${raw.path}`, {
        method: raw.method,
        dispatcher: this.#dispatcher,
        headers: {
          accept: raw.accept ?? 'application/json',
          'user-agent': 'globalctl',
          ...(raw.body !== undefined && { 'content-type': raw.contentType ?? 'application/json' }),
          ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
        },
        ...(raw.body !== undefined && { body: raw.body }),
        ...(raw.signal && { signal: raw.signal }),
      });
    } catch (error) {
      throw transportError(error, words, raw.signal);
    }
    if (answer.statusCode < 300) return answer.body;
    let text: string;
    try {
      text = await answer.body.text();
    } catch (error) {
      throw transportError(error, words, raw.signal);
    }
    throw new KubeApiError(statusFrom(answer.statusCode, text), words);
  }

  async json(raw: RawRequest): Promise<unknown> {
    const body = await this.stream(raw);
    let text = '';
    try {
      body.setEncoding('utf8');
      for await (const chunk of body) text += String(chunk);
    } catch (error) {
      throw transportError(error, `${raw.method} ${this.server}${raw.path}`, raw.signal);
    }
    try {
      return text === '' ? undefined : (JSON.parse(text) as unknown);
    } catch {
      return text;
    }
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }
}

export function transportError(error: unknown, words: string, signal: AbortSignal | undefined): GlobalctlError {
  if (signal?.aborted) return new GlobalctlError('CANCELLED', { message: `interrupted: ${words}`, cause: error });
  const reasons: string[] = [];
  for (let e: unknown = error; e instanceof Error; e = e.cause) reasons.push(e.message);
  return new GlobalctlError('KUBE_UNREACHABLE', {
    message: `${words}: ${[...new Set(reasons)].join(': ') || String(error)}`,
    subject: words,
    cause: error,
  });
}

function statusFrom(code: number, text: string): KubeStatus {
  try {
    const parsed = JSON.parse(text) as Partial<KubeStatus>;
    if (parsed.kind === 'Status')
      return {
        ...parsed,
        code: parsed.code ?? code,
        reason: parsed.reason ?? 'Unknown',
        message: parsed.message ?? text,
      } as KubeStatus;
  } catch {
    // Not a Status: a proxy or a gateway answered; its words are shown below.
  }
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `HTTP ${String(code)}: ${text.slice(0, 300).trim() || 'no body'}`,
    reason: code === 404 ? 'NotFound' : code === 401 ? 'Unauthorized' : code === 403 ? 'Forbidden' : 'Unknown',
    code,
  };
}
