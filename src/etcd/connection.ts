import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import type { Client, ClientDuplexStream, Metadata } from '@grpc/grpc-js';
import { GlobalctlError } from '../base/index.ts';
import { fromGrpcError, isUnavailable } from './grpc-errors.ts';
import { openProxyTunnel, type ProxyTunnel } from './proxy-tunnel.ts';
import { loadCodecs, type Codecs, type Method } from './wire/codec.ts';
import { methods } from './wire/methods.ts';

/** Client TLS; all parts are PEM. */
export interface EtcdTls {
  readonly ca: string | Uint8Array;
  readonly certificate?: string | Uint8Array | undefined;
  readonly key?: string | Uint8Array | undefined;
  /** Name to check the server's certificate against, when it is reached under another (through a tunnel, for example). */
  readonly serverName?: string | undefined;
}

export interface EtcdConnectionOptions {
  /** `host:port`, or a URL whose scheme decides about TLS. The members of one cluster. */
  readonly endpoints: readonly string[];
  readonly tls?: EtcdTls | undefined;
  /** HTTP proxy through which the endpoints are reached, by CONNECT. */
  readonly proxyUrl?: string | undefined;
  /** How long connecting, and then each request, may take. */
  readonly timeoutMs?: number | undefined;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const KEEPALIVE_MS = 30_000;
/** gRPC's own waits grow to two minutes: long after the end of an outage. */
const RECONNECT_MS = { first: 100, longest: 2000 } as const;
const LAST_ERROR_MS = 500;

interface Member {
  readonly endpoint: string;
  readonly client: Client;
  readonly tunnel: ProxyTunnel | undefined;
}

/** The gRPC channels to the members of one etcd. Reads move on to the next member when one is away. */
export class EtcdConnection {
  readonly #members: readonly Member[];
  readonly #codecs: Codecs;
  /** Goes with every stream: a member that lost its leader ends it, instead of keeping still for ever. */
  readonly #requireLeader: Metadata;
  readonly #timeoutMs: number;
  #current = 0;

  private constructor(members: readonly Member[], codecs: Codecs, requireLeader: Metadata, timeoutMs: number) {
    this.#members = members;
    this.#requireLeader = requireLeader;
    this.#codecs = codecs;
    this.#timeoutMs = timeoutMs;
  }

  /** Connects to the first member that answers. Throws ETCD_UNREACHABLE when none does. */
  static async open(options: EtcdConnectionOptions): Promise<EtcdConnection> {
    const { endpoints, tls, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    const [grpc, codecs] = await Promise.all([import('@grpc/grpc-js'), loadCodecs()]);
    const pem = (part: string | Uint8Array | undefined): Buffer | null =>
      part === undefined ? null : Buffer.from(part as Uint8Array);
    const members = await Promise.all(
      endpoints.map(async (endpoint): Promise<Member> => {
        const address = endpoint.replace(/^https?:\/\//, '').replace(/\/$/, '');
        const tunnel = options.proxyUrl === undefined ? undefined : await openProxyTunnel(options.proxyUrl, address);
        const secure = tls !== undefined && !endpoint.startsWith('http://');
        // The certificate is that of the endpoint, also behind a tunnel.
        const name = tls?.serverName ?? hostOf(address);
        const credentials = secure
          ? grpc.credentials.createSsl(pem(tls.ca), pem(tls.key), pem(tls.certificate), {
              checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
            })
          : grpc.credentials.createInsecure();
        const client = new grpc.Client(tunnel?.endpoint ?? address, credentials, {
          'grpc.max_receive_message_length': -1,
          'grpc.max_send_message_length': -1,
          'grpc.keepalive_time_ms': KEEPALIVE_MS,
          'grpc.initial_reconnect_backoff_ms': RECONNECT_MS.first,
          'grpc.max_reconnect_backoff_ms': RECONNECT_MS.longest,
          // Proxies are this project's own setting, never picked up from the environment.
          'grpc.enable_http_proxy': 0,
          'grpc.use_local_subchannel_pool': 1,
          // TLS has no way to ask for the certificate of an address: a name stands in its place, and the check above decides.
          ...(secure && { 'grpc.ssl_target_name_override': isIP(name) === 0 ? name : 'localhost' }),
        });
        return { endpoint, client, tunnel };
      }),
    );
    const requireLeader = new grpc.Metadata();
    requireLeader.set('hasleader', 'true');
    const connection = new EtcdConnection(members, codecs, requireLeader, timeoutMs);
    try {
      await connection.#findMember();
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  }

  /** `idempotent` requests are tried on every member before they fail. */
  async call<Request extends object, Response>(
    { path, request, response }: Method<Request, Response>,
    message: Request,
    idempotent: boolean,
  ): Promise<Response> {
    const { encode } = this.#codecs(request);
    const { decode } = this.#codecs(response);
    for (let attempt = 1; ; attempt++) {
      const { client, endpoint } = this.#member();
      try {
        return await new Promise<Response>((resolve, reject) => {
          const deadline = new Date(Date.now() + this.#timeoutMs);
          client.makeUnaryRequest<Request, Response>(path, encode, decode, message, { deadline }, (error, value) => {
            if (error) reject(error);
            else if (value === undefined) reject(new Error('empty answer'));
            else resolve(value);
          });
        });
      } catch (error) {
        if (isUnavailable(error)) this.#current = (this.#current + 1) % this.#members.length;
        if (!idempotent || !isUnavailable(error) || attempt >= this.#members.length)
          throw fromGrpcError(error, endpoint);
      }
    }
  }

  stream<Request extends object, Response>({
    path,
    request,
    response,
  }: Method<Request, Response>): { stream: ClientDuplexStream<Request, Response>; endpoint: string } {
    const { client, endpoint } = this.#member();
    const { encode } = this.#codecs(request);
    const { decode } = this.#codecs(response);
    return {
      stream: client.makeBidiStreamRequest<Request, Response>(path, encode, decode, this.#requireLeader.clone()),
      endpoint,
    };
  }

  close(): void {
    for (const { client, tunnel } of this.#members) {
      client.close();
      tunnel?.close();
    }
  }

  #member(): Member {
    const member = this.#members[this.#current];
    if (member === undefined) throw new GlobalctlError('ETCD_UNREACHABLE', { message: 'no etcd endpoint is given' });
    return member;
  }

  /** Why a member cannot be reached: a request that does not wait for the connection fails with it. */
  #lastError(client: Client): Promise<string | undefined> {
    const { path, request, response } = methods.status;
    const { encode } = this.#codecs(request);
    const { decode } = this.#codecs(response);
    const deadline = new Date(Date.now() + LAST_ERROR_MS);
    return new Promise((resolve) => {
      client.makeUnaryRequest(path, encode, decode, {}, { deadline }, (error) => resolve(error?.details));
    });
  }

  async #findMember(): Promise<void> {
    const deadline = Date.now() + this.#timeoutMs;
    const failures: string[] = [];
    for (const [index, { client, endpoint }] of this.#members.entries()) {
      const share = Date.now() + (deadline - Date.now()) / (this.#members.length - index);
      const failure = await new Promise<Error | undefined>((resolve) => client.waitForReady(share, resolve));
      this.#current = index;
      if (failure === undefined) return;
      failures.push(`${endpoint}: ${(await this.#lastError(client)) ?? failure.message}`);
    }
    throw new GlobalctlError('ETCD_UNREACHABLE', {
      message: `no etcd endpoint can be reached: ${failures.join('; ') || 'none is given'}`,
      subject: this.#members.map((m) => m.endpoint).join(','),
    });
  }
}

function hostOf(address: string): string {
  return address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}
