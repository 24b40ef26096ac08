import { systemClock, toGlobalctlError, type Clock, type GlobalctlError } from '../base/index.ts';
import { isKubeReason } from './api-error.ts';
import type { KubeClient } from './client.ts';
import { follow, storeKey } from './informer.ts';
import type { KubeObject } from './object.ts';
import type { Resource } from './resource.ts';

/** What a reconcile asks for: nothing, or to be called again after a time of the controller's clock. */
export type ReconcileResult = void | { readonly requeueAfterMs: number };

export interface WatchedResource {
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Keys to reconcile when this object changes; the object's own key when absent. Also called for deletions. */
  readonly mapToKeys?: ((object: KubeObject, old?: KubeObject) => readonly string[]) | undefined;
}

export interface ControllerOptions {
  readonly name: string;
  readonly client: KubeClient;
  /** The first is the primary resource; reconcile keys are its `namespace/name`. */
  readonly watches: readonly WatchedResource[];
  readonly reconcile: (key: ObjectKey, stores: Stores) => Promise<ReconcileResult>;
  readonly signal: AbortSignal;
  readonly clock?: Clock | undefined;
  /** Keys reconciled at once; the same key never runs twice at a time. Default 4. */
  readonly concurrency?: number | undefined;
  readonly onError?: ((key: string, error: GlobalctlError) => void) | undefined;
  /** First delay after a failed reconcile; doubles up to maxBackoffMs. Defaults 50 ms and 10 s, on the controller's clock. */
  readonly backoffMs?: number | undefined;
  readonly maxBackoffMs?: number | undefined;
  /** Called once at the start with a way to have keys reconciled for reasons that no watched resource tells of. */
  readonly onStart?: ((enqueue: (key: string) => void) => void) | undefined;
  /** Resolves the wait of callers that need complete stores; called once after all first lists. */
  readonly onSynced?: (() => void) | undefined;
}

export interface ObjectKey {
  readonly key: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** Read access to the informers' stores by resource. Objects in them must not be changed: copy with structuredClone. */
export class Stores {
  readonly #stores: ReadonlyMap<string, ReadonlyMap<string, KubeObject>>;

  constructor(stores: ReadonlyMap<string, ReadonlyMap<string, KubeObject>>) {
    this.#stores = stores;
  }

  all<T extends KubeObject = KubeObject>(resource: Resource): T[] {
    return [...(this.#stores.get(resourceId(resource))?.values() ?? [])] as T[];
  }

  get<T extends KubeObject = KubeObject>(resource: Resource, key: string): T | undefined {
    return this.#stores.get(resourceId(resource))?.get(key) as T | undefined;
  }
}

function resourceId(resource: Resource): string {
  return `${resource.group}/${resource.version}/${resource.plural}`;
}

/** Keys waiting to be reconciled, each at most once, none handed out while it is being worked on. */
class WorkQueue {
  readonly #waiting = new Set<string>();
  readonly #active = new Set<string>();
  readonly #again = new Set<string>();
  readonly #idle = new Set<() => void>();

  add(key: string): void {
    if (this.#active.has(key)) this.#again.add(key);
    else this.#waiting.add(key);
    for (const wake of [...this.#idle]) wake();
  }

  take(): string | undefined {
    for (const key of this.#waiting) {
      this.#waiting.delete(key);
      this.#active.add(key);
      return key;
    }
    return undefined;
  }

  done(key: string): void {
    this.#active.delete(key);
    if (this.#again.delete(key)) this.add(key);
  }

  async changed(signal: AbortSignal): Promise<void> {
    if (this.#waiting.size > 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        this.#idle.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#idle.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}

/**
 * Runs a level-based controller until the signal aborts: informers on every watched resource, a work queue, reconciles with
 * back-off. Conflicts are retried at once without being reported; other errors go to `onError` and are retried.
 */
export async function runController(options: ControllerOptions): Promise<void> {
  const { client, watches, reconcile, signal, clock = systemClock, concurrency = 4 } = options;
  const queue = new WorkQueue();
  const stores = new Map<string, Map<string, KubeObject>>();
  const view = new Stores(stores);
  const failures = new Map<string, number>();
  const timers = new Map<string, AbortController>();
  let unsynced = watches.length;
  let ready: () => void = () => undefined;
  const allSynced = new Promise<void>((resolve) => {
    ready = resolve;
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

  const requeue = (key: string, delayMs: number): void => {
    timers.get(key)?.abort();
    const timer = new AbortController();
    timers.set(key, timer);
    clock.sleep(delayMs, AbortSignal.any([signal, timer.signal])).then(
      () => {
        if (timers.get(key) === timer) timers.delete(key);
        queue.add(key);
      },
      () => undefined,
    );
  };

  options.onStart?.((key) => queue.add(key));
  const informers = watches.map(async (watch) => {
    const id = resourceId(watch.resource);
    const store = stores.get(id) ?? new Map<string, KubeObject>();
    stores.set(id, store);
    const { namespace, labelSelector, fieldSelector } = watch;
    for await (const event of follow(
      client,
      watch.resource,
      { namespace, labelSelector, fieldSelector, signal, clock },
      store,
    )) {
      if (event.type === 'synced') {
        if (--unsynced === 0) ready();
        continue;
      }
      const keys = watch.mapToKeys ? watch.mapToKeys(event.object, event.old) : [storeKey(event.object)];
      for (const key of keys) queue.add(key);
    }
  });

  const worker = async (): Promise<void> => {
    await allSynced;
    while (!signal.aborted) {
      const key = queue.take();
      if (key === undefined) {
        await queue.changed(signal);
        continue;
      }
      const slash = key.indexOf('/');
      const parsed: ObjectKey = {
        key,
        namespace: slash < 0 ? undefined : key.slice(0, slash),
        name: key.slice(slash + 1),
      };
      try {
        timers.get(key)?.abort();
        timers.delete(key);
        const result = await reconcile(parsed, view);
        failures.delete(key);
        if (result) requeue(key, result.requeueAfterMs);
      } catch (error) {
        if (!signal.aborted) {
          const count = (failures.get(key) ?? 0) + 1;
          failures.set(key, count);
          if (!isKubeReason(error, 'Conflict')) options.onError?.(key, toGlobalctlError(error));
          requeue(
            key,
            Math.min(options.maxBackoffMs ?? 10_000, (options.backoffMs ?? 50) * 2 ** Math.min(count - 1, 12)),
          );
        }
      } finally {
        queue.done(key);
      }
    }
  };

  void allSynced.then(() => {
    if (!signal.aborted) options.onSynced?.();
  });
  await Promise.all([...informers, ...Array.from({ length: concurrency }, () => worker())]);
}
