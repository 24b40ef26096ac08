import { GlobalctlError } from '../../../base/index.ts';
import { conditionOf, type KubeObject } from '../../../kube/index.ts';
import type { ApiContext } from '../api-context.ts';
import { cloneJson, equalJson, isObject, objectsIn, textOf } from '../json.ts';
import { apiTime } from '../object-lifecycle.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import type { CacheEvent, CacheSubscriber } from '../watch/watch-cache.ts';
import { definitionOfCrd } from './definition-of-crd.ts';

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
    // A status that was written, or a label, leaves what is served as it is.
    const version = `${crd.metadata.uid ?? ''} ${JSON.stringify(crd.spec)}`;
    if (this.#served.get(key) === version) return await this.#writeStatus(key, crd, undefined);
    const definition = definitionOfCrd(crd);
    const clash = definition && this.#clash(definition);
    if (definition && clash === undefined) {
      this.#context.registry.set(definition);
      this.#served.set(key, version);
    }
    await this.#writeStatus(key, crd, clash);
  }

  async #unserve(key: string, crd: KubeObject): Promise<void> {
    this.#served.delete(key);
    const definition = definitionOfCrd(crd);
    if (!definition) return;
    const served = this.#context.registry.get(definition.group, definition.plural);
    if (served?.definedBy !== crd.metadata.name) return;
    this.#context.registry.remove(definition.group, definition.plural);
    await this.#context.caches.drop(definition);
  }

  /** A kind or plural of the same group that another definition has. */
  #clash(definition: ResourceDefinition): string | undefined {
    for (const other of this.#context.registry.all())
      if (other.group === definition.group && other.definedBy !== definition.definedBy) {
        if (other.plural === definition.plural) return `"${definition.plural}" is already in use`;
        if (other.kind === definition.kind) return `"${definition.kind}" is already in use`;
      }
    return undefined;
  }

  async #writeStatus(key: string, crd: KubeObject, clash: string | undefined): Promise<void> {
    await this.#update(key, (current) => {
      const spec = isObject(current.spec) ? current.spec : {};
      const status = isObject(current.status) ? current.status : {};
      const time = apiTime(this.#context.clock.now());
      const condition = (type: string, holds: boolean, reason: string, message: string): Record<string, unknown> => {
        const before = conditionOf(current, type);
        const value = holds ? 'True' : 'False';
        const lastTransitionTime = before?.status === value ? before.lastTransitionTime : time;
        return { type, status: value, reason, message, lastTransitionTime };
      };
      const accepted = clash === undefined;
      const storage = objectsIn(spec.versions).find((v) => v.storage === true);
      const stored = Array.isArray(status.storedVersions) ? status.storedVersions.map(textOf) : [];
      const storageName = textOf(storage?.name);
      current.status = {
        ...status,
        conditions: [
          condition(
            'NamesAccepted',
            accepted,
            accepted ? 'NoConflicts' : 'PluralConflict',
            clash ?? 'no conflicts found',
          ),
          condition(
            'Established',
            accepted,
            accepted ? 'InitialNamesAccepted' : 'NotAccepted',
            accepted ? 'the initial names have been accepted' : 'not all names are accepted',
          ),
        ],
        acceptedNames: accepted ? acceptedNames(spec.names) : { kind: '', plural: '' },
        storedVersions: stored.includes(storageName) ? stored : [...stored, storageName],
      };
      const finalizers = current.metadata.finalizers ?? [];
      if (!finalizers.includes(CLEANUP_FINALIZER)) current.metadata.finalizers = [...finalizers, CLEANUP_FINALIZER];
    });
  }

  /** Deletes the definition's objects; when the last one is gone, lets the definition go. */
  async #cleanUp(key: string, crd: KubeObject): Promise<void> {
    if (!(crd.metadata.finalizers ?? []).includes(CLEANUP_FINALIZER)) return;
    const definition = definitionOfCrd(crd);
    if (definition && (await this.#deleteAll(definition)) > 0) {
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
      await storage.update(item.key, object, item.revision);
    }
    return waiting;
  }

  async #update(key: string, change: (object: KubeObject) => void): Promise<void> {
    for (;;) {
      const current = await this.#context.storage.get(key);
      if (!current || current.object.metadata.deletionTimestamp !== undefined) return;
      const next = cloneJson(current.object);
      change(next);
      if (equalJson(next, current.object)) return;
      if (await this.#context.storage.update(key, next, current.revision)) return;
    }
  }
}

function acceptedNames(names: unknown): Record<string, unknown> {
  const given = isObject(names) ? names : {};
  const kind = textOf(given.kind);
  return {
    ...given,
    singular: textOf(given.singular) || kind.toLowerCase(),
    listKind: textOf(given.listKind) || `${kind}List`,
  };
}
