import { Transform, type Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What a link between two sites does to what is sent from one to the other. `down`: connections are cut and new ones refused, as by
 * a router that knows of no way; `silent`: nothing arrives, and nobody says so.
 */
export interface LinkCondition {
  readonly state: 'up' | 'down' | 'silent';
  /** Real time that every packet takes. */
  readonly latencyMs: number;
  /** Of all connections together, there and back; undefined: as fast as it comes. */
  readonly bytesPerSecond?: number | undefined;
  /** Ports at which a firewall refuses what comes from the other site. */
  readonly blockedPorts: readonly number[];
}

export const openLink: LinkCondition = { state: 'up', latencyMs: 0, blockedPorts: [] };

/** How much may be on its way over one connection before the sender has to wait. */
const WINDOW_BYTES = 1024 * 1024;

/** The way of connections that one site opens to another, in both directions of their bytes. */
export class WanLink {
  readonly from: string;
  readonly to: string;
  #condition = openLink;
  readonly #listeners = new Set<() => void>();
  /** When everything that was given to the link so far has been sent. */
  #sentAtMs = 0;

  constructor(from: string, to: string) {
    this.from = from;
    this.to = to;
  }

  get condition(): LinkCondition {
    return this.#condition;
  }

  /** Changes what is named; open connections feel it too. */
  change(condition: Partial<LinkCondition>): void {
    this.#condition = { ...this.#condition, ...condition };
    for (const listener of [...this.#listeners]) listener();
  }

  /** Whether a connection to `port` may be opened. One over a silent link may: it waits. */
  admits(port: number): boolean {
    return this.#condition.state !== 'down' && !this.#condition.blockedPorts.includes(port);
  }

  /** Called when the condition changes. Returns the way to stop listening. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when the link is not silent, or when `gone` aborts. */
  async untilHeard(gone: AbortSignal): Promise<void> {
    while (this.#condition.state === 'silent' && !gone.aborted)
      await new Promise<void>((resolve) => {
        const done = (): void => {
          stop();
          gone.removeEventListener('abort', done);
          resolve();
        };
        const stop = this.onChange(done);
        gone.addEventListener('abort', done, { once: true });
      });
  }

  /** Joins two ends of a connection over the link. They end with each other. */
  carry(client: Duplex, upstream: Duplex): void {
    const gone = new AbortController();
    const stop = this.onChange(() => {
      if (this.#condition.state === 'down') client.destroy();
    });
    client.once('close', () => {
      stop();
      gone.abort();
    });
    upstream.pipe(this.#packets(gone.signal)).pipe(client);
    client.pipe(this.#packets(gone.signal)).pipe(upstream);
  }

  /** Lets each chunk arrive in order, when the link's bandwidth and latency allow. */
  #packets(gone: AbortSignal): Transform {
    let onTheWay = 0;
    let last: Promise<void> = Promise.resolve();
    let room: (() => void) | undefined;
    const packets = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        if (onTheWay === 0 && this.#isPlain()) {
          done(null, chunk);
          return;
        }
        onTheWay += chunk.length;
        const arrivesAtMs = this.#arrival(chunk.length);
        last = last.then(async () => {
          await sleep(Math.max(0, arrivesAtMs - performance.now()), undefined, { signal: gone }).catch(() => undefined);
          await this.untilHeard(gone);
          if (!packets.destroyed && !gone.aborted) packets.push(chunk);
          onTheWay -= chunk.length;
          room?.();
          room = undefined;
        });
        if (onTheWay < WINDOW_BYTES) done();
        else room = done;
      },
      flush: (done) => {
        void last.then(() => done());
      },
    });
    packets.on('error', () => undefined);
    return packets;
  }

  #isPlain(): boolean {
    const { state, latencyMs, bytesPerSecond } = this.#condition;
    return state === 'up' && latencyMs === 0 && bytesPerSecond === undefined;
  }

  #arrival(bytes: number): number {
    const { latencyMs, bytesPerSecond } = this.#condition;
    this.#sentAtMs = Math.max(this.#sentAtMs, performance.now());
    if (bytesPerSecond !== undefined) this.#sentAtMs += (bytes / bytesPerSecond) * 1000;
    return this.#sentAtMs + latencyMs;
  }
}
