import { request } from 'node:http';
import { errorCodes, folderHolder, GlobalctlError, systemClock, type Clock, type ErrorCode } from '../../base/index.ts';
import { fieldAt } from '../../kube/index.ts';
import { LabHome, type LabRecord } from './lab-home.ts';
import type { LinkCondition } from '../network/index.ts';
import type { BootstrapRequest, LabLink, LabStatus } from './lab-status.ts';

const POLL_MS = 50;
/** How long a lab may take to come up or to end before it counts as hanging. */
const SETTLE_MS = 120_000;

/** A running lab, as another process sees it. Methods throw LAB_NOT_RUNNING when it does not answer. */
export class LabClient {
  readonly home: string;
  readonly record: LabRecord;

  private constructor(home: string, record: LabRecord) {
    this.home = home;
    this.record = record;
  }

  /** The lab whose home folder this is, or undefined when none runs there. */
  static async find(home: string): Promise<LabClient | undefined> {
    const record = await new LabHome(home).read();
    if (!record) return undefined;
    const client = new LabClient(home, record);
    try {
      const status = await client.status();
      return status.pid === record.pid ? client : undefined;
    } catch (error) {
      if (error instanceof GlobalctlError && error.code === 'LAB_NOT_RUNNING') return undefined;
      throw error;
    }
  }

  /**
   * The lab of a home folder once it neither starts nor ends: an interrupted command may have left it in the middle of
   * either. undefined when nobody holds the folder any more. Throws LAB_START_FAILED when that takes two minutes.
   */
  static async settled(
    home: string,
    { signal, clock = systemClock }: { readonly signal?: AbortSignal | undefined; readonly clock?: Clock } = {},
  ): Promise<LabClient | undefined> {
    const { logFile } = new LabHome(home);
    const startedMs = clock.now();
    for (;;) {
      // Asked before the look: a lab that ends in between must not be taken for one that is still to come.
      const holder = await folderHolder(home);
      const running = await LabClient.find(home);
      if (running || holder === undefined) return running;
      if (clock.now() - startedMs > SETTLE_MS)
        throw new GlobalctlError('LAB_START_FAILED', {
          message: `process ${holder.heldBy ?? 'unknown'} holds the lab's home folder but does not answer`,
          subject: home,
          hint: `Read ${logFile}, or end the process and try again.`,
        });
      await clock.sleep(POLL_MS, signal);
    }
  }

  get proxyUrl(): string {
    return this.record.proxyUrl;
  }

  async status(): Promise<LabStatus> {
    return (await this.#call('GET', '/status')) as LabStatus;
  }

  /** Boots minialauda and resolves when it is ready; a second call changes nothing. */
  async bootstrap(options: BootstrapRequest, signal?: AbortSignal): Promise<void> {
    await this.#call('POST', '/bootstrap', options, signal);
  }

  /** Takes minialauda and its registry down; the clusters that it made stay. A second call changes nothing. */
  async retire(of: { readonly root?: string; readonly site?: string } = {}, signal?: AbortSignal): Promise<void> {
    await this.#call('POST', '/retire', of, signal);
  }

  /** Puts the idle time back to zero; `keep` true lets the lab stay for good, false no longer. */
  async touch(options: { readonly keep?: boolean } = {}): Promise<void> {
    await this.#call('POST', '/touch', options);
  }

  /** Lets names lead to addresses in the DNS of all sites, or (null) nowhere. Answers all names. */
  async setNames(names: Readonly<Record<string, string | null>>): Promise<Readonly<Record<string, string>>> {
    return (await this.#call('POST', '/names', names)) as Record<string, string>;
  }

  /** Changes the links between sites: the one from `from` to `to`, all that leave `from`, or all. Answers how all fare. */
  async changeLink(
    change: { readonly from?: string; readonly to?: string; readonly bytesPerSecond?: number | null } & Partial<
      Omit<LinkCondition, 'bytesPerSecond'>
    >,
  ): Promise<readonly LabLink[]> {
    return (await this.#call('POST', '/link', change)) as LabLink[];
  }

  /** All machines of a cluster lose their power at once, or get it back. Resolves when that has happened. */
  async setPower(on: boolean, of: { readonly cluster: string; readonly site?: string }): Promise<void> {
    await this.#call('POST', on ? '/power-on' : '/power-off', of);
  }

  /** Compacts the etcd of a cluster at its present revision, which is the answer. */
  async compact(of: { readonly cluster: string; readonly site?: string }): Promise<number> {
    return fieldAt(await this.#call('POST', '/compact', of), 'revision') as number;
  }

  /** Resolves when the lab has ended and given up its home folder. */
  async stop(): Promise<void> {
    await this.#call('POST', '/stop');
    while ((await folderHolder(this.home))?.heldBy === String(this.record.pid)) await systemClock.sleep(POLL_MS);
  }

  async #call(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown> {
    const { status, text } = await send({ socket: this.record.socket, method, path, body, signal });
    const parsed = text === '' ? undefined : (JSON.parse(text) as unknown);
    if (status < 300) return parsed;
    const code = fieldAt(parsed, 'error', 'code');
    const field = (name: string): string | undefined => {
      const value = fieldAt(parsed, 'error', name);
      return typeof value === 'string' ? value : undefined;
    };
    throw new GlobalctlError(typeof code === 'string' && code in errorCodes ? (code as ErrorCode) : 'INTERNAL', {
      message: field('message') ?? `the lab answered ${String(status)}`,
      subject: field('subject'),
      expected: field('expected'),
      found: field('found'),
      hint: field('hint'),
    });
  }
}

function send(options: {
  socket: string;
  method: string;
  path: string;
  body: unknown;
  signal: AbortSignal | undefined;
}): Promise<{ status: number; text: string }> {
  const { socket, method, path, body, signal } = options;
  return new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const sent = request(
      { socketPath: socket, method, path, agent: false, ...(signal && { signal }), headers: { host: 'lab' } },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => (text += chunk));
        answer.once('end', () => resolve({ status: answer.statusCode ?? 0, text }));
        answer.once('error', fail);
      },
    );
    const fail = (error: Error): void =>
      reject(
        signal?.aborted
          ? new GlobalctlError('CANCELLED', { message: 'interrupted while the lab was at work', cause: error })
          : new GlobalctlError('LAB_NOT_RUNNING', {
              message: `no lab answers at ${socket}: ${error.message}`,
              subject: socket,
              cause: error,
            }),
      );
    sent.once('error', fail);
    sent.end(payload);
  });
}
