import type { Clock } from '../../base/index.ts';

const FIRST_RETRY_MS = 2000;
const LONGEST_RETRY_MS = 5 * 60_000;

interface Failure {
  readonly count: number;
  /** The spec that failed; another one is tried at once. */
  readonly generation: number | undefined;
  waiting: boolean;
}

/**
 * When failed keys are tried again: after 2 s, 4 s ... 5 min. The controller's own back-off does not serve, because the status
 * that reports a failure is itself a change that would bring the key back at once.
 */
export class RetrySchedule {
  readonly #failures = new Map<string, Failure>();
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #enqueue: (key: string) => void;

  constructor(options: {
    readonly clock: Clock;
    readonly signal: AbortSignal;
    readonly enqueue: (key: string) => void;
  }) {
    this.#clock = options.clock;
    this.#signal = options.signal;
    this.#enqueue = options.enqueue;
  }

  /** Whether a key must be left alone for now. */
  isWaiting(key: string, generation: number | undefined): boolean {
    const failure = this.#failures.get(key);
    return failure?.waiting === true && failure.generation === generation;
  }

  /** Notes a failure; answers how often the key failed in a row with this spec and when it is tried next. */
  failed(key: string, generation: number | undefined): { readonly count: number; readonly delayMs: number } {
    const before = this.#failures.get(key);
    const count = before && before.generation === generation ? before.count + 1 : 1;
    const failure: Failure = { count, generation, waiting: true };
    this.#failures.set(key, failure);
    const delayMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (count - 1));
    this.#clock.sleep(delayMs, this.#signal).then(
      () => {
        failure.waiting = false;
        this.#enqueue(key);
      },
      () => undefined,
    );
    return { count, delayMs };
  }

  /** The key may be tried at once; whether it had failed. */
  forget(key: string): boolean {
    return this.#failures.delete(key);
  }
}
