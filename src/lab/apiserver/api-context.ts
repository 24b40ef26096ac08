import type { Clock, SeededRandom } from '../../base/index.ts';
import type { KeyValueStore } from '../../etcd/index.ts';
import type { KubeObject } from '../../kube/index.ts';
import type { ObjectStorage } from './object-storage.ts';
import type { ResourceDefinition } from './resource-definition.ts';
import type { ResourceRegistry } from './resource-registry.ts';
import type { StatusCause } from './status-error.ts';
import type { ParsedObjects } from './stored-object.ts';
import type { UserInfo } from './user-info.ts';
import { WatchCache } from './watch/watch-cache.ts';

/** A simulated admission webhook: what it answers becomes the denial that a real one gives through the API server. */
export interface Validator {
  /** The webhook's name in messages: `admission webhook "<name>" denied the request: ...`. */
  readonly name: string;
  /** The defaulting webhook beside it: fills in what the writer left out. What it writes belongs to the writer. */
  readonly mutate?: ((object: KubeObject) => void) | undefined;
  readonly validate: (
    operation: 'CREATE' | 'UPDATE' | 'DELETE',
    object: KubeObject,
    old: KubeObject | undefined,
  ) => ValidatorAnswer | Promise<ValidatorAnswer>;
}

/** undefined lets the request pass; text is the denial's message; causes become an Invalid status. */
export type ValidatorAnswer = string | readonly StatusCause[] | undefined;

export interface PodLogOptions {
  readonly container?: string | undefined;
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number | undefined;
  readonly sinceSeconds?: number | undefined;
  readonly sinceTime?: string | undefined;
  readonly limitBytes?: number | undefined;
  readonly signal: AbortSignal;
}

/** The text of a container's log; undefined when the Pod has none yet. With `follow` an iterable of further text. */
export type PodLogs = (
  namespace: string,
  name: string,
  options: PodLogOptions,
) => Promise<string | AsyncIterable<string> | undefined>;

/** Refuses roles and bindings that grant more than their writer holds. Throws Forbidden. */
export interface GrantCheck {
  check(user: UserInfo, definition: ResourceDefinition, object: KubeObject, old: KubeObject | undefined): Promise<void>;
}

/** What the parts of one API server share. */
export interface ApiContext {
  readonly store: KeyValueStore;
  readonly storage: ObjectStorage;
  readonly caches: WatchCaches;
  readonly registry: ResourceRegistry;
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly validators: Readonly<Record<string, Validator>>;
  readonly podLogs: PodLogs | undefined;
  readonly grants: GrantCheck;
  /** Whether Pods get what their ServiceAccount gives them. */
  readonly accountAdmission: boolean;
}

/** The watch caches of all resources, one for each storage prefix, started when first needed. */
export class WatchCaches {
  readonly #byPrefix = new Map<string, WatchCache>();
  readonly #store: KeyValueStore;
  readonly #parsed: ParsedObjects;
  readonly #clock: Clock;

  constructor(store: KeyValueStore, parsed: ParsedObjects, clock: Clock) {
    this.#store = store;
    this.#parsed = parsed;
    this.#clock = clock;
  }

  /** A running cache. */
  async of(definition: ResourceDefinition): Promise<WatchCache> {
    const prefix = definition.storagePrefix;
    let cache = this.#byPrefix.get(prefix);
    if (!cache) {
      cache = new WatchCache({ prefix, store: this.#store, parsed: this.#parsed, clock: this.#clock });
      this.#byPrefix.set(prefix, cache);
    }
    await cache.start();
    return cache;
  }

  async drop(definition: ResourceDefinition): Promise<void> {
    const cache = this.#byPrefix.get(definition.storagePrefix);
    this.#byPrefix.delete(definition.storagePrefix);
    await cache?.stop();
  }

  async stop(): Promise<void> {
    const caches = [...this.#byPrefix.values()];
    this.#byPrefix.clear();
    await Promise.all(caches.map((c) => c.stop()));
  }
}
