import type { Clock, SeededRandom } from '../../../base/index.ts';
import {
  follow,
  runController,
  storeKey,
  wellKnownResource,
  type KubeClient,
  type KubeObject,
  type ObjectKey,
  type ReconcileResult,
  type Resource,
  type WatchedResource,
} from '../../../kube/index.ts';
import type { ObjectReference } from './objects.ts';
import { pacedClock } from './paced-clock.ts';
import { StandbyGate } from './standby-gate.ts';

/** What every controller of a management cluster is given. */
export interface ControllerEnvironment {
  /** The management cluster. */
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly signal: AbortSignal;
  /** Proxy through which the clusters that are being made can be reached. */
  readonly proxyUrl?: string | undefined;
  readonly log: (line: string) => void;
}

export interface Reconciler {
  readonly name: string;
  readonly resource: Resource;
  readonly watches?: readonly WatchedResource[];
  reconcile(key: ObjectKey): Promise<ReconcileResult>;
  /** Given once at the start: a way to reconcile keys for reasons outside the watched resources. */
  start?(enqueue: (key: string) => void): void;
}

export async function runReconcilers(
  environment: ControllerEnvironment,
  reconcilers: readonly Reconciler[],
  onSynced?: () => void,
): Promise<void> {
  const paced = pacedClock(environment.clock);
  const gate = await StandbyGate.watch(environment);
  let unsynced = reconcilers.length;
  await Promise.all(
    reconcilers.map((reconciler) => {
      /** Left alone, to be looked at as soon as the gate is gone. */
      const held = new Set<string>();
      return runController({
        name: reconciler.name,
        client: environment.client,
        clock: paced,
        signal: environment.signal,
        watches: [{ resource: reconciler.resource }, ...(reconciler.watches ?? [])],
        reconcile: async (key) => {
          held.delete(key.key);
          if (!(await gate.holds(reconciler.resource, key))) return await reconciler.reconcile(key);
          held.add(key.key);
          return undefined;
        },
        backoffMs: 20,
        maxBackoffMs: 30_000,
        onError: (key, error) =>
          environment.log(`"Reconciler error" controller="${reconciler.name}" object="${key}" err="${error.message}"`),
        onStart: (enqueue) => {
          gate.onOpen(() => {
            for (const key of held) enqueue(key);
          });
          reconciler.start?.(enqueue);
        },
        onSynced: () => {
          if (--unsynced === 0) onSynced?.();
        },
      });
    }),
  );
}

/**
 * Watches of kinds that are only known from the references in objects (a provider's cluster and machine kinds), each
 * started at its first mention.
 */
export class ReferencedKinds {
  readonly #environment: ControllerEnvironment;
  readonly #onChange: (object: KubeObject) => void;
  readonly #followed = new Set<string>();

  constructor(environment: ControllerEnvironment, onChange: (object: KubeObject) => void) {
    this.#environment = environment;
    this.#onChange = onChange;
  }

  /** Throws KUBE_KIND_UNKNOWN when the server does not serve the kind (yet). */
  async watch(reference: ObjectReference): Promise<Resource> {
    const { client, signal, log } = this.#environment;
    const clock = pacedClock(this.#environment.clock);
    const resource =
      wellKnownResource(reference.apiVersion, reference.kind) ??
      (await client.resolve(reference.apiVersion, reference.kind, signal));
    const id = `${reference.apiVersion}/${reference.kind}`;
    if (!this.#followed.has(id)) {
      this.#followed.add(id);
      const run = async (): Promise<void> => {
        for await (const event of follow(client, resource, { signal, clock }))
          if (event.type !== 'synced') this.#onChange(event.object);
      };
      run().catch((error: unknown) => {
        this.#followed.delete(id);
        if (!signal.aborted) log(`watch of ${id} ended: ${String(error)}`);
      });
    }
    return resource;
  }
}

/** The object behind a reference in the namespace of its referrer; undefined when it does not exist. */
export async function findReferenced<T extends KubeObject>(
  environment: ControllerEnvironment,
  reference: ObjectReference,
  namespace: string | undefined,
): Promise<T | undefined> {
  const { client, signal } = environment;
  const resource = await client.resolve(reference.apiVersion, reference.kind, signal);
  return await client.find<T>(resource, { name: reference.name, namespace: reference.namespace ?? namespace }, signal);
}

/** Keys of the owners of one kind: what a change of an owned object wakes. */
export function ownerKeys(kind: string): (object: KubeObject) => string[] {
  return (object) => {
    const { namespace, ownerReferences = [] } = object.metadata;
    return ownerReferences
      .filter((o) => o.kind === kind)
      .map((o) => (namespace === undefined ? o.name : `${namespace}/${o.name}`));
  };
}

/** Key of the Cluster that an object is labelled with. */
export function clusterKeys(object: KubeObject): string[] {
  const name = object.metadata.labels?.['cluster.x-k8s.io/cluster-name'];
  return name === undefined ? [] : [`${object.metadata.namespace ?? ''}/${name}`];
}

export function keyOf(object: KubeObject): string {
  return storeKey(object);
}
