import { request, ProxyAgent, Agent, type Dispatcher } from 'undici';
import { GlobalctlError, isGlobalctlError } from '../base/index.ts';
import { fieldAt } from '../kube/index.ts';
import type { InstallerAccess } from './installer-access.ts';

/** The progress object, with whatever else the installer says. Guide step 9: `Success` and `Complete` mean finished. */
export interface Progress {
  readonly status: string;
  readonly type: string;
  /** The stage that runs, when the installer names it. */
  readonly step: string | undefined;
  /** 0 to 100 when the installer says it. */
  readonly percent: number | undefined;
  readonly lastError: string | undefined;
  readonly body: unknown;
}

export function isComplete(progress: Progress): boolean {
  return progress.status === 'Success' && progress.type === 'Complete';
}

/** Ports of the installer's Pod: the guide's, and that of the TLS form. */
const PLAIN_PORT = 8080;
const TLS_PORT = 8443;

export interface InstallerPlace {
  readonly podIP: string;
  readonly access: InstallerAccess;
  readonly proxyUrl?: string | undefined;
}

/** The REST API of the embedded installer (guide steps 8 and 9). */
export class InstallerApi {
  readonly baseUrl: string;
  readonly place: InstallerPlace;
  readonly #dispatcher: Dispatcher;

  constructor(place: InstallerPlace) {
    this.place = place;
    const { podIP, access, proxyUrl } = place;
    const host = podIP.includes(':') ? `[${podIP}]` : podIP;
    const origin =
      access.mode === 'plain' ? `http://${host}:${String(PLAIN_PORT)}` : `https://${host}:${String(TLS_PORT)}`;
    this.baseUrl = `${origin}/cpaas-installer/api`;
    const tls = access.mode === 'secure' ? { ca: access.caPem, minVersion: 'TLSv1.2' as const } : {};
    this.#dispatcher =
      proxyUrl === undefined
        ? new Agent({ connect: tls })
        : new ProxyAgent({ uri: proxyUrl, proxyTunnel: true, requestTls: tls });
  }

  /**
   * Submits the request body. Accepted is HTTP 200; every other answer throws INSTALLER_UNAUTHORIZED, or INSTALLER_FAILED with the
   * body as found. `conflict` is the answer when a request is being worked on already.
   */
  async submit(body: unknown, signal?: AbortSignal): Promise<'accepted' | 'conflict'> {
    const answer = await this.#send('POST', '/config/dcs', JSON.stringify(body), signal);
    if (answer.status === 200) return 'accepted';
    if (answer.status === 409) return 'conflict';
    throw new GlobalctlError('INSTALLER_FAILED', {
      message: `the installer did not accept the request`,
      subject: `POST ${this.baseUrl}/config/dcs`,
      expected: 'HTTP 200',
      found: `HTTP ${String(answer.status)}: ${answer.text.slice(0, 2000)}`,
    });
  }

  async progress(signal?: AbortSignal): Promise<Progress> {
    const answer = await this.#send('GET', '/progress', undefined, signal);
    // A Pod that is starting or whose API server is away answers so for a while: it is as good as unreachable.
    if (answer.status !== 200)
      throw new GlobalctlError(answer.status >= 500 ? 'INSTALLER_UNREACHABLE' : 'INSTALLER_FAILED', {
        message: `the installer does not tell its progress: HTTP ${String(answer.status)}`,
        subject: `GET ${this.baseUrl}/progress`,
        found: `HTTP ${String(answer.status)}: ${answer.text.slice(0, 500)}`,
      });
    let body: unknown;
    try {
      body = JSON.parse(answer.text);
    } catch {
      body = answer.text;
    }
    const text = (key: string): string | undefined => {
      const value = fieldAt(body, key);
      return typeof value === 'string' && value !== '' ? value : undefined;
    };
    const percent = fieldAt(body, 'percentage');
    return {
      status: text('status') ?? '',
      type: text('type') ?? '',
      step: text('step'),
      percent: typeof percent === 'number' ? percent : undefined,
      lastError: text('lastError'),
      body,
    };
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #send(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    signal?: AbortSignal,
  ): Promise<{ status: number; text: string }> {
    try {
      const { access } = this.place;
      const answer = await request(`${this.baseUrl}${path}`, {
        method,
        dispatcher: this.#dispatcher,
        headersTimeout: 30_000,
        bodyTimeout: 30_000,
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(access.mode === 'secure' && { authorization: `Bearer ${access.token}` }),
        },
        ...(body !== undefined && { body }),
        ...(signal && { signal }),
      });
      const text = await answer.body.text();
      if (answer.statusCode === 401)
        throw new GlobalctlError('INSTALLER_UNAUTHORIZED', {
          message: `the installer does not take ${access.mode === 'plain' ? 'a call without a token' : 'the token'}`,
          subject: `${method} ${this.baseUrl}${path}`,
          hint: 'Set access.installer of the site file, or take what it sets out: token and authority are in Secret cpaas-system/cpaas-installer-access.',
        });
      return { status: answer.statusCode, text };
    } catch (error) {
      if (isGlobalctlError(error)) throw error;
      if (signal?.aborted) throw new GlobalctlError('CANCELLED', { message: 'interrupted', cause: error });
      throw new GlobalctlError('INSTALLER_UNREACHABLE', {
        message: `the installer at ${this.baseUrl} cannot be reached: ${error instanceof Error ? error.message : String(error)}`,
        subject: this.baseUrl,
        cause: error,
      });
    }
  }
}
