import { systemClock, toGlobalctlError, withDeadline, type Clock, type GlobalctlError } from '../base/index.ts';
import { isKubeReason } from './api-error.ts';
import type { KubeClient } from './client.ts';
import { microTime, readLeaseRecord, type LeaseRecord } from './lease-record.ts';
import type { KubeObject } from './object.ts';
import { resources } from './resource.ts';
import { watchUntil } from './watch-until.ts';

/** What happens to a Lease, as far as one contender sees it. */
export type LeaseEvent =
  | { readonly type: 'acquired'; readonly transitions: number }
  | { readonly type: 'waiting'; readonly holder: string }
  | { readonly type: 'lost'; readonly reason: string }
  | { readonly type: 'released' }
  | { readonly type: 'trouble'; readonly error: GlobalctlError };

/** One stretch of time in which this process holds the Lease. */
export interface LeaseTerm {
  /** Aborts when the Lease is lost and when the election ends: whoever acts in its name stops, his children included. */
  readonly signal: AbortSignal;
  /** `leaseTransitions` of the term, which grows with every change of hands: a fencing token. */
  readonly transitions: number;
}

export interface LeaseElectionOptions {
  readonly client: KubeClient;
  readonly lease: { readonly namespace: string; readonly name: string };
  /** Who this is, unlike every other contender that may live at the same time: the name of the Pod, host and process. */
  readonly identity: string;
  readonly signal: AbortSignal;
  readonly clock?: Clock | undefined;
  /** Default 15 s. Contenders take over when they have seen no renewal for this long. */
  readonly durationMs?: number | undefined;
  /**
   * Default 8 s. Without a renewal for this long the holder gives up; what is left of the duration is the time that its work
   * has to stop.
   */
  readonly renewDeadlineMs?: number | undefined;
  /** Between two renewals. Default 2 s. */
  readonly retryMs?: number | undefined;
  readonly onEvent?: ((event: LeaseEvent) => void) | undefined;
}

/**
 * Runs `work` in one process at a time, by a Lease in the cluster: waits for it, renews it while the work lasts, waits again
 * when it was lost, gives it back at the end. Resolves when the signal aborts or the work ends by itself; what the work throws
 * in its own term is thrown on.
 *
 * Nobody's wall clock is compared with another's: a contender counts from the moment at which it saw the last renewal.
 * The next term never begins before the work of the last one has ended in this process.
 */
export async function runWithLease(
  options: LeaseElectionOptions,
  work: (term: LeaseTerm) => Promise<void>,
): Promise<void> {
  const contender = new Contender(options);
  while (!options.signal.aborted) {
    const lease = await contender.acquire();
    if (!lease || (await contender.serve(lease, work)) === 'ended') return;
  }
}

class Contender {
  readonly #options: LeaseElectionOptions;
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #durationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryMs: number;
  /** The version of a record that has stood for its whole duration before our eyes. */
  #expired: string | undefined;

  constructor(options: LeaseElectionOptions) {
    this.#options = options;
    this.#client = options.client;
    this.#clock = options.clock ?? systemClock;
    this.#durationMs = options.durationMs ?? 15_000;
    this.#renewDeadlineMs = options.renewDeadlineMs ?? 8000;
    this.#retryMs = options.retryMs ?? 2000;
  }

  /** The Lease, once it is ours; undefined when the signal aborted first. */
  async acquire(): Promise<KubeObject | undefined> {
    const { signal, lease: ref, onEvent } = this.#options;
    while (!signal.aborted) {
      try {
        const lease = await this.#client.find(resources.leases, ref, signal);
        if (this.#isFree(lease)) return await this.#take(lease);
        await this.#untilFree();
      } catch (error) {
        if (signal.aborted) break;
        // Somebody else was faster: look again at once.
        if (isKubeReason(error, 'Conflict', 'AlreadyExists')) continue;
        onEvent?.({ type: 'trouble', error: toGlobalctlError(error) });
        await this.#clock.sleep(this.#retryMs, signal).catch(() => undefined);
      }
    }
    return undefined;
  }

  /** Renews the Lease while the work lasts. `lost`: in other hands, or nobody could be told for too long. */
  async serve(taken: KubeObject, work: (term: LeaseTerm) => Promise<void>): Promise<'ended' | 'lost'> {
    const { signal, onEvent } = this.#options;
    const { transitions } = readLeaseRecord(taken);
    const term = new AbortController();
    const end = (): void => term.abort();
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    let lost = false;
    const lose = (reason: string): void => {
      if (term.signal.aborted) return;
      lost = true;
      onEvent?.({ type: 'lost', reason });
      term.abort();
    };
    onEvent?.({ type: 'acquired', transitions });
    const renewals = this.#renew(taken, term.signal, lose);
    try {
      await work({ signal: term.signal, transitions });
    } catch (error) {
      if (!term.signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', end);
      term.abort();
      const last = await renewals;
      if (!lost) await this.#release(last);
    }
    return lost ? 'lost' : 'ended';
  }

  #isFree(lease: KubeObject | undefined): boolean {
    if (!lease) return true;
    const { holder, version } = readLeaseRecord(lease);
    return holder === '' || holder === this.#options.identity || version === this.#expired;
  }

  async #take(lease: KubeObject | undefined): Promise<KubeObject> {
    const { lease: ref, identity, signal } = this.#options;
    const time = microTime(this.#clock.now());
    const spec = {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.#durationMs / 1000),
      acquireTime: time,
      renewTime: time,
    };
    if (!lease)
      return this.#client.create<KubeObject>(
        resources.leases,
        {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: ref,
          spec: { ...spec, leaseTransitions: 0 },
        },
        { signal },
      );
    const { holder, transitions } = readLeaseRecord(lease);
    // A process that was killed and came back under its own name has left nobody behind, but its term is another one.
    const next = { ...spec, leaseTransitions: holder === identity ? transitions : transitions + 1 };
    // The resourceVersion of what was judged goes along: only one of several contenders can succeed.
    return this.#client.replace(resources.leases, { ...lease, spec: next }, { signal });
  }

  /** Watches until the Lease is given back or gone, or has stood unchanged for the duration that it states. */
  async #untilFree(): Promise<void> {
    const { signal, lease: ref, onEvent } = this.#options;
    const enough = new AbortController();
    let seen: LeaseRecord | undefined;
    let timer = new AbortController();
    try {
      await watchUntil(
        this.#client,
        resources.leases,
        {
          namespace: ref.namespace,
          fieldSelector: `metadata.name=${ref.name}`,
          clock: this.#clock,
          signal: AbortSignal.any([signal, enough.signal]),
        },
        (store) => {
          const lease = store.get(`${ref.namespace}/${ref.name}`);
          const record = lease && readLeaseRecord(lease);
          if (!record || record.holder === '') return true;
          if (record.version === seen?.version) return undefined;
          if (record.holder !== seen?.holder) onEvent?.({ type: 'waiting', holder: record.holder });
          seen = record;
          timer.abort();
          timer = new AbortController();
          this.#clock.sleep(record.durationMs, AbortSignal.any([signal, timer.signal])).then(
            () => {
              this.#expired = record.version;
              enough.abort();
            },
            () => undefined,
          );
          return undefined;
        },
      );
    } catch (error) {
      if (!enough.signal.aborted) throw error;
    } finally {
      timer.abort();
    }
  }

  /** Renews until `term` aborts; returns the Lease as it was written last. */
  async #renew(taken: KubeObject, term: AbortSignal, lose: (reason: string) => void): Promise<KubeObject> {
    let lease = taken;
    let watchdog = this.#startWatchdog(term, lose);
    try {
      for (;;) {
        await this.#clock.sleep(this.#retryMs, term);
        // Counted from before the request: what it wrote may have been seen before its answer came.
        const next = this.#startWatchdog(term, lose);
        const renewed = await this.#writeRenewal(lease, term, lose);
        (renewed ? watchdog : next).abort();
        if (!renewed) continue;
        watchdog = next;
        lease = renewed;
      }
    } catch {
      // Only the end of the term gets here.
      return lease;
    } finally {
      watchdog.abort();
    }
  }

  async #writeRenewal(
    lease: KubeObject,
    term: AbortSignal,
    lose: (reason: string) => void,
  ): Promise<KubeObject | undefined> {
    const { identity, lease: ref, onEvent } = this.#options;
    try {
      return await withDeadline(
        { clock: this.#clock, timeoutMs: this.#renewDeadlineMs / 2, what: `renewing Lease ${ref.name}`, signal: term },
        async (signal) => {
          const current = await this.#client.get(resources.leases, ref, signal);
          const { holder } = readLeaseRecord(current);
          if (holder !== identity) {
            lose(holder === '' ? 'it was taken away' : `${holder} holds it`);
            return undefined;
          }
          const spec = { ...(current['spec'] as object), renewTime: microTime(this.#clock.now()) };
          return this.#client.replace(resources.leases, { ...current, spec }, { signal });
        },
      );
    } catch (error) {
      if (term.aborted) throw error;
      if (isKubeReason(error, 'NotFound')) lose('it was deleted');
      else onEvent?.({ type: 'trouble', error: toGlobalctlError(error) });
      return undefined;
    }
  }

  #startWatchdog(term: AbortSignal, lose: (reason: string) => void): AbortController {
    const watchdog = new AbortController();
    this.#clock.sleep(this.#renewDeadlineMs, AbortSignal.any([term, watchdog.signal])).then(
      () => lose(`not renewed within ${String(this.#renewDeadlineMs / 1000)} s`),
      () => undefined,
    );
    return watchdog;
  }

  /** Lets the next one begin at once. Nobody waits for it long: a Lease that cannot be given back expires. */
  async #release(lease: KubeObject): Promise<void> {
    const time = microTime(this.#clock.now());
    const { transitions } = readLeaseRecord(lease);
    const spec = { leaseDurationSeconds: 1, acquireTime: time, renewTime: time, leaseTransitions: transitions };
    try {
      await this.#client.replace(resources.leases, { ...lease, spec }, { signal: AbortSignal.timeout(2000) });
      this.#options.onEvent?.({ type: 'released' });
    } catch (error) {
      this.#options.onEvent?.({ type: 'trouble', error: toGlobalctlError(error) });
    }
  }
}
