import { GlobalctlError } from '../base/index.ts';
import type { KubeClient } from './client.ts';
import { follow, type InformerOptions } from './informer.ts';
import type { KubeObject } from './object.ts';
import type { Resource } from './resource.ts';

/**
 * Watches a collection until `done` says so. `done` sees the complete store after the first list and after every change,
 * and answers the value to return, or undefined to go on. Throws CANCELLED when the signal aborts first (see withDeadline).
 */
export async function watchUntil<T extends KubeObject, R>(
  client: KubeClient,
  resource: Resource,
  options: InformerOptions & { readonly signal: AbortSignal },
  done: (store: ReadonlyMap<string, T>) => R | undefined | Promise<R | undefined>,
): Promise<R> {
  const store = new Map<string, T>();
  let synced = false;
  for await (const event of follow<T>(client, resource, options, store)) {
    if (event.type === 'synced') synced = true;
    if (!synced) continue;
    const result = await done(store);
    if (result !== undefined) return result;
  }
  throw new GlobalctlError('CANCELLED', { message: `interrupted while watching ${resource.plural}` });
}
