import type { Clock } from './clock.ts';

export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly attempts: number;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

/** Waits double from `firstDelayMs` up to `maxDelayMs`; there is no jitter unless the caller's clock adds it. */
export async function retry<T>(
  options: {
    readonly policy: RetryPolicy;
    readonly clock: Clock;
    readonly signal?: AbortSignal | undefined;
    /** Which errors are worth another attempt; may name the delay itself (a server's Retry-After). */
    readonly retryable: (error: unknown, attempt: number) => boolean | { readonly delayMs: number };
  },
  work: (attempt: number) => Promise<T>,
): Promise<T> {
  const { policy, clock, signal, retryable } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      if (attempt >= policy.attempts || signal?.aborted) throw error;
      const verdict = retryable(error, attempt);
      if (verdict === false) throw error;
      const backoffMs = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (attempt - 1));
      await clock.sleep(typeof verdict === 'object' ? verdict.delayMs : backoffMs, signal);
    }
  }
}
