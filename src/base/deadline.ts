import type { Clock } from './clock.ts';
import { GlobalctlError } from './error.ts';

/** A point in time by which something must have happened, shown to people as clock time. */
export class Deadline {
  readonly atMs: number;
  readonly #clock: Clock;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.atMs = clock.now() + timeoutMs;
  }

  remainingMs(): number {
    return Math.max(0, this.atMs - this.#clock.now());
  }

  get passed(): boolean {
    return this.remainingMs() === 0;
  }

  /** Local clock time, `HH:MM:SS`. */
  toString(): string {
    return new Date(this.atMs).toTimeString().slice(0, 8);
  }
}

/**
 * Runs `work` with a signal that aborts at the deadline or when `signal` does.
 * Throws DEADLINE_EXCEEDED, with what was awaited, when the deadline ended it; CANCELLED when the outer signal did.
 */
export async function withDeadline<T>(
  options: { clock: Clock; timeoutMs: number; what: string; signal?: AbortSignal | undefined },
  work: (signal: AbortSignal, deadline: Deadline) => Promise<T>,
): Promise<T> {
  const { clock, timeoutMs, what, signal: outer } = options;
  const deadline = new Deadline(clock, timeoutMs);
  const controller = new AbortController();
  const timer = new AbortController();
  const onOuterAbort = (): void => controller.abort(outer?.reason);
  if (outer?.aborted) onOuterAbort();
  outer?.addEventListener('abort', onOuterAbort, { once: true });
  const exceeded = clock.sleep(timeoutMs, timer.signal).then(
    () => controller.abort('deadline'),
    () => undefined,
  );
  try {
    return await work(controller.signal, deadline);
  } catch (error) {
    if (controller.signal.reason === 'deadline' && !outer?.aborted)
      throw new GlobalctlError('DEADLINE_EXCEEDED', {
        message: `${what}: not within ${formatDuration(timeoutMs)} (deadline ${deadline.toString()})`,
        cause: error,
      });
    throw error;
  } finally {
    timer.abort();
    outer?.removeEventListener('abort', onOuterAbort);
    await exceeded;
  }
}

/** `450ms`, `12s`, `3m20s`, `1h05m`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  const total = Math.round(ms / 1000);
  if (total < 60) return `${total}s`;
  const pad = (n: number): string => String(n).padStart(2, '0');
  if (total < 3600) return `${Math.floor(total / 60)}m${pad(total % 60)}s`;
  return `${Math.floor(total / 3600)}h${pad(Math.floor((total % 3600) / 60))}m`;
}

/** Parses `90s`, `10m`, `1h30m`, `500ms`, or a bare number of seconds. Returns undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const match = /^(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(text);
  if (!match || text === '') return undefined;
  const [, h = '0', m = '0', s = '0', ms = '0'] = match;
  return Number(h) * 3_600_000 + Number(m) * 60_000 + Number(s) * 1000 + Number(ms);
}
