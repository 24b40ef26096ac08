import type { Clock } from '../../base/index.ts';

/**
 * Waits in simulated time by key. Times in objects are those of the real clock, so that a controller which has to know whether a
 * simulated while has passed must have begun to wait itself.
 */
export class Waits {
  readonly #byOwner = new Map<string, Map<string, { over: boolean }>>();

  /**
   * Whether `ms` have passed since this was first asked for `what` of the object `of`. A wait ends with the signal, never to be
   * over.
   */
  passed(
    wait: { readonly of: string; readonly what: string; readonly ms: number },
    { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  ): boolean {
    const own = this.#byOwner.get(wait.of) ?? new Map<string, { over: boolean }>();
    this.#byOwner.set(wait.of, own);
    const standing = own.get(wait.what);
    if (standing) return standing.over;
    const begun = { over: wait.ms <= 0 };
    own.set(wait.what, begun);
    if (!begun.over)
      clock.sleep(wait.ms, signal).then(
        () => (begun.over = true),
        () => undefined,
      );
    return begun.over;
  }

  /** Forgets all waits of an object that is gone. */
  forget(of: string): void {
    this.#byOwner.delete(of);
  }
}
