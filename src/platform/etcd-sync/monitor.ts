import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toGlobalctlError, type Clock } from '../../base/index.ts';
import { readCheckpoint } from '../../etcd/index.ts';
import { checkSides, checkText, type CheckResult } from './check.ts';
import { CHECKPOINT_KEY, type EtcdSyncConfig } from './config.ts';
import { METRICS_TYPE, renderMetrics } from './metrics.ts';
import { selectionRules } from './rules.ts';
import type { Connections } from './sides.ts';
import type { SyncState } from './state.ts';

const JSON_TYPE = 'application/json';
const TEXT_TYPE = 'text/plain; charset=utf-8';

export interface MonitorParts {
  readonly config: EtcdSyncConfig;
  readonly clock: Clock;
  readonly connections: Connections;
  readonly state: SyncState;
  readonly signal: AbortSignal;
}

/** What GET /check answers as JSON when both sides could be compared. */
export interface CheckBody extends CheckResult {
  /** `proven`, `absent` (no Secret yet) or `held`, with the reason; as far as the answering replica knows. */
  readonly secrets: { readonly state: string; readonly reason?: string };
}

/**
 * The HTTP of Service `etcd-sync-monitor`: /check compares both sides, from any replica; /metrics, /healthz, /readyz. Everything
 * is read-only, and no answer shows a value.
 */
export class Monitor {
  readonly #parts: MonitorParts;
  readonly #server: Server;
  #checking: Promise<CheckResult> | undefined;

  constructor(parts: MonitorParts) {
    this.#parts = parts;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** Resolves with the port. */
  async listen(host = '127.0.0.1', port = 0): Promise<number> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
    await this.#checking?.catch(() => undefined);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { state, clock } = this.#parts;
    const send = (status: number, type: string, body: string): void => {
      response.writeHead(status, {
        'content-type': type,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    request.resume();
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return send(405, TEXT_TYPE, 'only GET\n');
    }
    switch (request.url?.split('?')[0]) {
      case '/check':
        return await this.#check((request.headers.accept ?? '').includes(JSON_TYPE), send);
      case '/metrics':
        return send(200, METRICS_TYPE, renderMetrics(state, clock.now()));
      case '/healthz':
        return send(200, TEXT_TYPE, 'ok\n');
      case '/readyz':
        return state.failure === undefined
          ? send(200, TEXT_TYPE, 'ok\n')
          : send(503, TEXT_TYPE, `${state.failure.code}: ${state.failure.message}\n`);
      default:
        return send(404, TEXT_TYPE, 'not found: /check, /metrics, /healthz, /readyz\n');
    }
  }

  async #check(asJson: boolean, send: (status: number, type: string, body: string) => void): Promise<void> {
    const { state } = this.#parts;
    const { secrets } = state;
    try {
      // Whoever asks meanwhile gets the same answer: a check reads all of both sides.
      this.#checking ??= this.#compare().finally(() => (this.#checking = undefined));
      const result = await this.#checking;
      state.lastCheck = result;
      const body: CheckBody = {
        ...result,
        secrets: { state: secrets.state, ...(secrets.state === 'held' && { reason: secrets.reason }) },
      };
      const held = secrets.state === 'held' ? `Secrets are held back: ${secrets.reason}\n` : '';
      if (asJson) send(200, JSON_TYPE, `${JSON.stringify(body)}\n`);
      else send(200, TEXT_TYPE, `${checkText(result)}${held}`);
    } catch (thrown) {
      const error = toGlobalctlError(thrown);
      // The replica that writes looks after the connections itself.
      if (!state.leads) await this.#parts.connections.forget({ renew: false });
      const last = await this.#lastKnown();
      const body = { ...error.toJSON(), ...last, lastCheck: state.lastCheck };
      const known =
        last.synced === undefined
          ? ''
          : `synced up to revision ${String(last.synced.revision)} at ${last.synced.time}\n`;
      if (asJson) send(503, JSON_TYPE, `${JSON.stringify(body)}\n`);
      else send(503, TEXT_TYPE, `the sides cannot be compared: ${error.code}: ${error.message}\n${known}`);
    }
  }

  async #compare(): Promise<CheckResult> {
    const { config, clock, connections, signal } = this.#parts;
    const sides = await connections.open(signal);
    return await checkSides({ ...sides, rules: selectionRules({ ...config, secrets: true }), clock, signal });
  }

  /** What the standby alone can say. */
  async #lastKnown(): Promise<{ readonly synced?: { readonly revision: number; readonly time: string } }> {
    try {
      const { checkpoint } = await readCheckpoint(await this.#parts.connections.local(), CHECKPOINT_KEY);
      return checkpoint ? { synced: { revision: checkpoint.revision, time: checkpoint.time } } : {};
    } catch {
      return {};
    }
  }
}
