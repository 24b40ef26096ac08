import { GlobalctlError } from '../../../base/index.ts';
import { conditionOf, type KubeObject } from '../../../kube/index.ts';
import { builtinSchema } from '../../../kube/schema/index.ts';
import type { ApiContext } from '../api-context.ts';
import { updateManagedFields } from '../apply/index.ts';
import { cloneJson, equalJson, isObject, type JsonObject } from '../json.ts';
import { apiTime } from '../object-lifecycle.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import type { CacheEvent, CacheSubscriber } from '../watch/watch-cache.ts';
import { definitionOfCrd } from './definition-of-crd.ts';
import { claimsOf, definitionStatus, withCondition } from './definition-status.ts';

const RETRY_MS = 200;
const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

/**
 * Serves what CustomResourceDefinitions ask for, as they come and go in the store (written through the API or straight into
 * etcd), and reports it in their status.
 */
export class CrdController implements CacheSubscriber {
  readonly #context: ApiContext;
  readonly #crds: ResourceDefinition;
  #queue: Promise<void> = Promise.resolve();
  #unsubscribe: (() => void) | undefined;
  /** What each definition that is served looked like, by its key. */
  readonly #served = new Map<string, string>();
  /** The names that each definition holds, by its key. */
  readonly #held = new Map<string, { readonly group: unknown; readonly names: JsonObject }>();
  #stopped = false;

  constructor(context: ApiContext, crds: ResourceDefinition) {
    this.#context = context;
    this.#crds = crds;
  }

  /** Resolves when all definitions that are in the store now are served. */
  async start(): Promise<void> {
    const cache = await this.#context.caches.of(this.#crds);
    const present = [...cache.objects()];
    this.#unsubscribe = cache.subscribe(cache.revision, this);
    for (const { key, object } of present) this.#enqueue(() => this.#reconcile(key, object));
    await this.#queue;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unsubscribe?.();
    await this.#queue;
  }

  event(event: CacheEvent): void {
    this.#enqueue(() =>
      event.type === 'delete' ? this.#unserve(event.key, event.object) : this.#reconcile(event.key, event.object),
    );
  }

  progress(): void {
    // Nothing is kept by revision here.
  }

  /** The cache reads everything anew; so does this. */
  reset(): void {
    if (!this.#stopped) this.#enqueue(() => this.#resume());
  }

  async #resume(): Promise<void> {
    this.#unsubscribe?.();
    const cache = await this.#context.caches.of(this.#crds);
    this.#unsubscribe = cache.subscribe(cache.revision, this);
    for (const { key, object } of cache.objects()) await this.#reconcile(key, object);
  }

  #enqueue(work: () => Promise<void>): void {
    this.#queue = this.#queue.then(async () => {
      if (this.#stopped) return;
      try {
        await work();
      } catch (error) {
        // The store is away for a while; what was missed is found when everything is read anew.
        if (!(error instanceof GlobalctlError)) throw error;
        await this.#context.clock.sleep(RETRY_MS);
        this.#enqueue(() => this.#resume());
      }
    });
  }

  async #reconcile(key: string, crd: KubeObject): Promise<void> {
    if (crd.metadata.deletionTimestamp !== undefined) return await this.#cleanUp(key, crd);
    const { group } = specOf(crd);
    const before = this.#held.get(key)?.names;
    const current = await this.#update(key, (object) => {
      const others = [...this.#held].filter(([other, held]) => other !== key && held.group === group);
      // Its own names count, too: a short name may not be what the definition is called already.
      const claimed = claimsOf([...others.map(([, held]) => held.names), acceptedNamesOf(object)]);
      object.status = definitionStatus(object, claimed, this.#now());
    });
    if (!current || current.metadata.deletionTimestamp !== undefined) return;
    const names = acceptedNamesOf(current);
    this.#held.set(key, { group, names });
    this.#serve(key, current);
    if (before && !equalJson(before, names)) await this.#reconsider(group, key);
  }

  /** Serves a definition that is established, by the names that it holds. */
  #serve(key: string, crd: KubeObject): void {
    if (conditionOf(crd, 'Established')?.status !== 'True') return;
    const isTerminating = crd.metadata.deletionTimestamp !== undefined;
    const spec = { ...specOf(crd), names: acceptedNamesOf(crd) };
    const version = JSON.stringify([crd.metadata.uid, spec, isTerminating]);
    // A status that was written, or a label, leaves what is served as it is.
    if (this.#served.get(key) === version) return;
    const definition = definitionOfCrd({ ...crd, spec });
    if (!definition) return;
    this.#context.registry.set({ ...definition, isTerminating });
    this.#served.set(key, version);
  }

  /** Names were given up: others of the group may get them now. */
  async #reconsider(group: unknown, except: string): Promise<void> {
    const cache = await this.#context.caches.of(this.#crds);
    for (const { key, object } of cache.objects())
      if (key !== except && specOf(object).group === group && conditionOf(object, 'NamesAccepted')?.status === 'False')
        await this.#reconcile(key, object);
  }

  async #unserve(key: string, crd: KubeObject): Promise<void> {
    this.#served.delete(key);
    this.#held.delete(key);
    const definition = definitionOfCrd(crd);
    const served = definition && this.#context.registry.get(definition.group, definition.plural);
    if (definition && served?.definedBy === crd.metadata.name) {
      this.#context.registry.remove(definition.group, definition.plural);
      await this.#context.caches.drop(definition);
    }
    await this.#reconsider(specOf(crd).group, key);
  }

  #now(): string {
    return apiTime(this.#context.clock.now());
  }

  /** Deletes the definition's objects; when the last one is gone, lets the definition go. */
  async #cleanUp(key: string, crd: KubeObject): Promise<void> {
    if (!(crd.metadata.finalizers ?? []).includes(CLEANUP_FINALIZER)) return;
    this.#serve(key, crd);
    const definition = definitionOfCrd(crd);
    if (definition && (await this.#deleteAll(definition)) > 0) {
      await this.#update(key, (object) => {
        object.status = withCondition(object, DELETING, this.#now());
      });
      const cache = await this.#context.caches.of(definition);
      // Finalizers of the objects may take their time; look again whenever one of them goes.
      const unsubscribe = cache.subscribe(cache.revision, {
        event: (event) => {
          if (event.type !== 'delete') return;
          unsubscribe?.();
          this.#enqueue(() => this.#cleanUp(key, crd));
        },
        progress: () => undefined,
        reset: () => undefined,
      });
      if ((await this.#context.storage.list(definition.storagePrefix, { limit: 1 })).items.length > 0) return;
      unsubscribe?.();
    }
    const current = await this.#context.storage.get(key);
    if (!current || current.object.metadata.deletionTimestamp === undefined) return;
    const object = cloneJson(current.object);
    object.metadata.finalizers = (object.metadata.finalizers ?? []).filter((f) => f !== CLEANUP_FINALIZER);
    if (object.metadata.finalizers.length === 0) await this.#context.storage.delete(key, current.revision);
    else await this.#context.storage.update(key, object, current.revision);
  }

  /** Objects that are still there afterwards, waiting for their finalizers. */
  async #deleteAll(definition: ResourceDefinition): Promise<number> {
    const { storage, clock } = this.#context;
    const { items } = await storage.list(definition.storagePrefix);
    let waiting = 0;
    for (const item of items) {
      if ((item.object.metadata.finalizers ?? []).length === 0) {
        await storage.delete(item.key, item.revision);
        continue;
      }
      waiting++;
      if (item.object.metadata.deletionTimestamp !== undefined) continue;
      const object = cloneJson(item.object);
      object.metadata.deletionTimestamp = apiTime(clock.now());
      object.metadata.deletionGracePeriodSeconds = 0;
      if (typeof object.metadata.generation === 'number') object.metadata.generation++;
      await storage.update(item.key, object, item.revision);
    }
    return waiting;
  }

  /** Writes a status that has changed, as `kube-apiserver` and to the subresource; the state that stands then. */
  async #update(key: string, change: (object: KubeObject) => void): Promise<KubeObject | undefined> {
    for (;;) {
      const current = await this.#context.storage.get(key);
      if (!current) return undefined;
      const next = cloneJson(current.object);
      change(next);
      if (equalJson(next, current.object)) return current.object;
      const managedFields = updateManagedFields({
        before: withConditions(current.object),
        after: next,
        manager: 'kube-apiserver',
        schema: builtinSchema('apiextensions.k8s.io/v1', 'CustomResourceDefinition'),
        time: this.#now(),
        subresource: 'status',
      });
      if (managedFields.length > 0) next.metadata.managedFields = managedFields;
      const stored = await this.#context.storage.update(key, next, current.revision);
      if (stored) return stored;
    }
  }
}

const DELETING = {
  type: 'Terminating',
  status: 'True',
  reason: 'InstanceDeletionInProgress',
  message: 'CustomResource deletion is in progress',
} as const;

/** An empty list of conditions owns nothing: what is put into it belongs to who puts it there, item by item. */
function withConditions(crd: KubeObject): KubeObject {
  const status = isObject(crd.status) ? crd.status : {};
  return Array.isArray(status.conditions) ? crd : { ...crd, status: { ...status, conditions: [] } };
}

const specOf = (crd: KubeObject): JsonObject => (isObject(crd.spec) ? crd.spec : {});

function acceptedNamesOf(crd: KubeObject): JsonObject {
  const status = isObject(crd.status) ? crd.status : {};
  return isObject(status.acceptedNames) ? status.acceptedNames : {};
}
