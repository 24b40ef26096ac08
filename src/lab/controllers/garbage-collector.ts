import { toGlobalctlError, type Clock, type GlobalctlError } from '../../base/index.ts';
import {
  conditionOf,
  follow,
  isKubeReason,
  qualifiedName,
  resources,
  storeKey,
  type KubeClient,
  type KubeObject,
  type OwnerReference,
  type Resource,
} from '../../kube/index.ts';
import { DependencyGraph, type GraphNode } from './dependency-graph.ts';
import { servedResources } from './served-resources.ts';

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

/** Kinds that own nothing and are owned by nothing that goes away with them, and of which there are many. */
const ignored = new Set(['events', 'events.events.k8s.io', 'leases.coordination.k8s.io']);

export interface GarbageCollectorOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onError?: ((key: string, error: GlobalctlError) => void) | undefined;
}

/**
 * Kubernetes' garbage collector: deletes what has lost all owners (an owner of the same name with another uid is no owner),
 * lets go of dependents where the deletion said `Orphan`, and finishes foreground deletions once every dependent that
 * blocks them is gone. Watches every kind that the server serves; new CRDs are taken up as they are established.
 */
export async function runGarbageCollector(options: GarbageCollectorOptions): Promise<void> {
  const collector = new GarbageCollector(options);
  await collector.run();
}

class GarbageCollector {
  readonly #options: GarbageCollectorOptions;
  readonly #graph = new DependencyGraph();
  readonly #queue = new Set<string>();
  readonly #attempts = new Map<string, number>();
  readonly #watched = new Set<string>();
  readonly #resourceByKind = new Map<string, Resource>();
  /** Owners that were looked up and do not exist; a uid never comes back. */
  readonly #absent = new Set<string>();
  #working = 0;

  constructor(options: GarbageCollectorOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { client, clock, signal } = this.#options;
    try {
      for (const resource of await servedResources(client, { signal })) this.#watch(resource);
      // Kinds that come later come as CRDs.
      for await (const event of follow(client, resources.customResourceDefinitions, { signal, clock })) {
        if (event.type === 'synced') continue;
        const resource = resourceOfCrd(event.object);
        if (event.type !== 'deleted' && resource) this.#watch(resource);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #watch(resource: Resource): void {
    const { signal } = this.#options;
    const id = qualifiedName(resource);
    this.#resourceByKind.set(`${resource.group}/${resource.kind}`, resource);
    if (this.#watched.has(id) || ignored.has(id)) return;
    this.#watched.add(id);
    this.#follow(resource).catch((error: unknown) => {
      this.#watched.delete(id);
      if (!signal.aborted && !isKubeReason(error, 'NotFound')) this.#report(id, error);
    });
  }

  async #follow(resource: Resource): Promise<void> {
    const { client, clock, signal } = this.#options;
    const uids = new Map<string, string>();
    for await (const event of follow(client, resource, { signal, clock, missingKind: 'throw' })) {
      if (event.type === 'synced') continue;
      const uid = event.object.metadata.uid ?? '';
      const key = storeKey(event.object);
      const former = uids.get(key);
      if (event.type === 'deleted') {
        uids.delete(key);
        this.#gone(uid);
        continue;
      }
      uids.set(key, uid);
      // Whoever writes to etcd directly, as a synchronizer does, puts another object in the place of one without deleting it.
      if (former !== undefined && former !== uid) this.#gone(former);
      const before = this.#graph.get(uid);
      const node = this.#graph.set(resource, event.object);
      if (!node) continue;
      const ownersChanged = JSON.stringify(before?.owners ?? []) !== JSON.stringify(node.owners);
      if ((node.owners.length > 0 && ownersChanged) || (node.deleting && awaitsCollector(node))) this.#enqueue(uid);
      if (ownersChanged)
        for (const owner of before?.owners ?? [])
          if (this.#graph.get(owner.uid)?.deleting === true) this.#enqueue(owner.uid);
      for (const owner of node.owners) {
        const known = this.#graph.get(owner.uid);
        if (known?.deleting === true && known.finalizers.includes(FOREGROUND)) this.#enqueue(uid);
      }
    }
  }

  #gone(uid: string): void {
    this.#absent.add(uid);
    const node = this.#graph.get(uid);
    this.#graph.delete(uid);
    for (const dependent of this.#graph.dependentsOf(uid)) this.#enqueue(dependent.uid);
    // An owner in foreground deletion may have waited for this one.
    for (const owner of node?.owners ?? []) if (this.#graph.get(owner.uid)?.deleting === true) this.#enqueue(owner.uid);
  }

  #enqueue(uid: string): void {
    this.#queue.add(uid);
    this.#work();
  }

  #work(): void {
    if (this.#working >= 4) return;
    this.#working++;
    void (async () => {
      for (;;) {
        const [uid] = this.#queue;
        if (uid === undefined || this.#options.signal.aborted) break;
        this.#queue.delete(uid);
        try {
          await this.#process(uid);
          this.#attempts.delete(uid);
        } catch (error) {
          this.#tryAgain(uid, error);
        }
      }
      this.#working--;
    })();
  }

  #tryAgain(uid: string, error: unknown): void {
    const { clock, signal } = this.#options;
    if (signal.aborted) return;
    const attempt = (this.#attempts.get(uid) ?? 0) + 1;
    this.#attempts.set(uid, attempt);
    if (!isKubeReason(error, 'Conflict')) this.#report(this.#graph.get(uid)?.name ?? uid, error);
    clock.sleep(Math.min(10_000, 50 * 2 ** attempt), signal).then(
      () => this.#enqueue(uid),
      () => undefined,
    );
  }

  #report(key: string, error: unknown): void {
    this.#options.onError?.(`garbage-collector ${key}`, toGlobalctlError(error));
  }

  async #process(uid: string): Promise<void> {
    const node = this.#graph.get(uid);
    if (!node) return;
    if (node.deleting) {
      if (node.finalizers.includes(ORPHAN)) await this.#orphanDependents(node);
      else if (node.finalizers.includes(FOREGROUND)) await this.#finishForeground(node);
      return;
    }
    if (node.owners.length > 0) await this.#collect(node);
  }

  /** Deletes an object without owners; lets go of owners that are gone when others remain. */
  async #collect(node: GraphNode): Promise<void> {
    const { client, signal } = this.#options;
    const solid: OwnerReference[] = [];
    const waiting: OwnerReference[] = [];
    for (const owner of node.owners) {
      const state = await this.#stateOf(owner, node);
      if (state === 'waiting' && owner.blockOwnerDeletion === true) waiting.push(owner);
      else if (state !== 'absent') solid.push(owner);
    }
    if (solid.length > 0) {
      if (solid.length < node.owners.length) await this.#keepOwners(node, solid);
      return;
    }
    const hasDependents = this.#graph.dependentsOf(node.uid).length > 0;
    const propagation = node.finalizers.includes(ORPHAN)
      ? 'Orphan'
      : node.finalizers.includes(FOREGROUND) || (waiting.length > 0 && hasDependents)
        ? 'Foreground'
        : 'Background';
    await client
      .delete(node.resource, { name: node.name, namespace: node.namespace }, { propagation, uid: node.uid, signal })
      .catch(ignoreGone);
  }

  async #stateOf(owner: OwnerReference, of: GraphNode): Promise<'solid' | 'waiting' | 'absent'> {
    const known = this.#graph.get(owner.uid);
    if (known) return known.deleting && known.finalizers.includes(FOREGROUND) ? 'waiting' : 'solid';
    if (this.#absent.has(owner.uid)) return 'absent';
    const { client, signal } = this.#options;
    const group = owner.apiVersion.includes('/') ? (owner.apiVersion.split('/')[0] ?? '') : '';
    const resource = this.#resourceByKind.get(`${group}/${owner.kind}`);
    // A kind that is not served: nothing can be said about the owner, so nothing may be deleted for it.
    if (!resource) return 'solid';
    const found = await client.find(
      resource,
      { name: owner.name, namespace: resource.namespaced ? of.namespace : undefined },
      signal,
    );
    if (found?.metadata.uid === owner.uid) return 'solid';
    this.#absent.add(owner.uid);
    return 'absent';
  }

  async #keepOwners(node: GraphNode, owners: readonly OwnerReference[]): Promise<void> {
    const { client, signal } = this.#options;
    await client
      .patch(
        node.resource,
        { name: node.name, namespace: node.namespace },
        { type: 'merge', body: { metadata: { uid: node.uid, ownerReferences: owners } } },
        { signal },
      )
      .catch(ignoreGone);
  }

  async #orphanDependents(node: GraphNode): Promise<void> {
    for (const dependent of this.#graph.dependentsOf(node.uid))
      await this.#keepOwners(
        dependent,
        dependent.owners.filter((owner) => owner.uid !== node.uid),
      );
    await this.#removeFinalizer(node, ORPHAN);
  }

  async #finishForeground(node: GraphNode): Promise<void> {
    const dependents = this.#graph.dependentsOf(node.uid);
    const blocking = dependents.filter((dependent) =>
      dependent.owners.some((owner) => owner.uid === node.uid && owner.blockOwnerDeletion === true),
    );
    for (const dependent of dependents) if (!dependent.deleting) this.#enqueue(dependent.uid);
    if (blocking.length === 0) await this.#removeFinalizer(node, FOREGROUND);
  }

  async #removeFinalizer(node: GraphNode, finalizer: string): Promise<void> {
    const { client, signal } = this.#options;
    const ref = { name: node.name, namespace: node.namespace };
    const current = await client.find(node.resource, ref, signal);
    if (current?.metadata.uid !== node.uid) return;
    const finalizers = (current.metadata.finalizers ?? []).filter((f) => f !== finalizer);
    const { resourceVersion } = current.metadata;
    await client
      .patch(node.resource, ref, { type: 'merge', body: { metadata: { resourceVersion, finalizers } } }, { signal })
      .catch(ignoreGone);
  }
}

/** The resource that a CRD defines, once the server serves it; in the version that is stored. */
function resourceOfCrd(crd: KubeObject): Resource | undefined {
  if (conditionOf(crd, 'Established')?.status !== 'True') return undefined;
  const { group, names, scope, versions } = crd['spec'] as {
    group: string;
    names: { kind: string; plural: string };
    scope: string;
    versions: readonly { name: string; served: boolean; storage: boolean }[];
  };
  const served = versions.filter((version) => version.served);
  const version = served.find(({ storage }) => storage) ?? served[0];
  return (
    version && {
      group,
      version: version.name,
      kind: names.kind,
      plural: names.plural,
      namespaced: scope === 'Namespaced',
    }
  );
}

function awaitsCollector(node: GraphNode): boolean {
  return node.finalizers.includes(FOREGROUND) || node.finalizers.includes(ORPHAN);
}

function ignoreGone(error: unknown): void {
  if (!isKubeReason(error, 'NotFound')) throw error;
}
