import type { Clock } from '../../base/index.ts';
import type { Watcher } from './watcher.ts';

/** etcd's interval. */
const INTERVAL_MS = 600_000;

/** Tells the watchers that want it, at regular times, how far they are. Sleeps only while there is such a watcher. */
export class ProgressTicker {
  readonly #clock: Clock;
  readonly #stop: AbortSignal;
  readonly #watchers: () => Iterable<Watcher>;
  readonly #intervalMs: number;
  #ticking = false;

  constructor(clock: Clock, stop: AbortSignal, watchers: () => Iterable<Watcher>, intervalMs = INTERVAL_MS) {
    this.#clock = clock;
    this.#stop = stop;
    this.#watchers = watchers;
    this.#intervalMs = intervalMs;
  }

  start(): void {
    if (!this.#ticking) void this.#tick();
  }

  async #tick(): Promise<void> {
    this.#ticking = true;
    while (!this.#stop.aborted) {
      await this.#clock.sleep(this.#intervalMs, this.#stop).catch(() => undefined);
      const wanting = [...this.#watchers()].filter((watcher) => watcher.wantsProgress);
      if (wanting.length === 0) break;
      for (const watcher of wanting) watcher.notifyProgress();
    }
    this.#ticking = false;
  }
}
