import { isGlobalctlError, systemClock, type Clock } from '../base/index.ts';
import { KubeApiError } from './api-error.ts';
import type { KubeClient, ListOptions } from './client.ts';
import type { KubeObject } from './object.ts';
import type { Resource } from './resource.ts';

export type InformerEvent<T extends KubeObject = KubeObject> =
  | { readonly type: 'added' | 'modified' | 'deleted'; readonly object: T; readonly old?: T }
  /** The first list has been delivered; from here on the store is complete. */
  | { readonly type: 'synced' };

export interface InformerOptions extends ListOptions {
  readonly clock?: Clock | undefined;
  /** Told of every broken connection; the informer goes on by itself. */
  readonly onTrouble?: ((error: unknown) => void) | undefined;
  /** When the kind is not served (yet): keep trying (default) or throw. */
  readonly missingKind?: 'wait' | 'throw' | undefined;
}

/** `namespace/name`, or `name` for cluster-scoped objects. */
export function storeKey(object: KubeObject): string {
  const { namespace, name = '' } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/**
 * Follows a collection for as long as the signal allows: list, then watch from its resourceVersion, again from a list when
 * the server says that version is gone or the connection breaks. Yields what changed; deletions that happened while
 * disconnected are found by comparing with the new list. `store` always holds the latest known state.
 */
export async function* follow<T extends KubeObject = KubeObject>(
  client: KubeClient,
  resource: Resource,
  options: InformerOptions & { readonly signal: AbortSignal },
  store: Map<string, T> = new Map(),
): AsyncGenerator<InformerEvent<T>> {
  const { signal, clock = systemClock } = options;
  let troubleCount = 0;
  let synced = false;
  while (!signal.aborted) {
    try {
      const { items, resourceVersion } = await client.list<T>(resource, options);
      const seen = new Set<string>();
      for (const object of items) {
        const key = storeKey(object);
        seen.add(key);
        const old = store.get(key);
        store.set(key, object);
        if (!old) yield { type: 'added', object };
        else if (old.metadata.resourceVersion !== object.metadata.resourceVersion)
          yield { type: 'modified', object, old };
      }
      for (const [key, old] of [...store]) {
        if (seen.has(key)) continue;
        store.delete(key);
        yield { type: 'deleted', object: old };
      }
      if (!synced) yield { type: 'synced' };
      synced = true;
      let from = resourceVersion;
      // A server ends a watch from time to time; as long as its version is known the watch goes on without a new list.
      for (;;) {
        for await (const event of client.watch<T>(resource, { ...options, resourceVersion: from })) {
          troubleCount = 0;
          from = event.object.metadata.resourceVersion ?? from;
          if (event.type === 'BOOKMARK') continue;
          const key = storeKey(event.object);
          const old = store.get(key);
          if (event.type === 'DELETED') {
            store.delete(key);
            yield { type: 'deleted', object: event.object };
          } else {
            store.set(key, event.object);
            yield old ? { type: 'modified', object: event.object, old } : { type: 'added', object: event.object };
          }
        }
        if (signal.aborted) return;
        await clock.sleep(50, signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      const gone = error instanceof KubeApiError && error.status.code === 410;
      if (!gone) {
        if (options.missingKind === 'throw' && error instanceof KubeApiError && error.status.code === 404) throw error;
        if (!(error instanceof KubeApiError) && !isGlobalctlError(error, 'KUBE_UNREACHABLE')) throw error;
        options.onTrouble?.(error);
        troubleCount++;
        try {
          await clock.sleep(Math.min(5000, 100 * 2 ** Math.min(troubleCount, 6)), signal);
        } catch {
          return;
        }
      }
    }
  }
}
