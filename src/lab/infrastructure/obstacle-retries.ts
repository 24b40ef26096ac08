import type { Obstacle } from './provider-environment.ts';

/** Not so long that whoever has removed an obstacle would think that nothing happens. */
const LONGEST_MS = 300_000;

/**
 * When to look at an obstacle again: after its own time at first, then after twice the time before, so that one which nobody
 * removes (credentials that were never brought along) does not keep a controller busy for good.
 */
export class ObstacleRetries {
  readonly #waits = new Map<string, { readonly words: string; readonly waitMs: number }>();

  /** Milliseconds until the object of this key is to be looked at again; undefined when only a change helps. */
  waitMs(key: string, obstacle: Obstacle): number | undefined {
    if (obstacle.retryAfterMs === undefined) return undefined;
    const words = `${obstacle.reason}: ${obstacle.message}`;
    const before = this.#waits.get(key);
    const waitMs = before?.words === words ? Math.min(LONGEST_MS, before.waitMs * 2) : obstacle.retryAfterMs;
    this.#waits.set(key, { words, waitMs });
    return waitMs;
  }

  /** The object has no obstacle any more. */
  forget(key: string): void {
    this.#waits.delete(key);
  }
}
