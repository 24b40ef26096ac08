import {
  follow,
  GlobalOwnership,
  PLATFORM_NAMESPACE,
  resources,
  wellKnownResource,
  type KubeObject,
  type ObjectKey,
  type Resource,
} from '../../../kube/index.ts';
import { GATE } from '../../../platform/etcd-sync/index.ts';
import type { ControllerEnvironment } from './environment.ts';
import { pacedClock } from './paced-clock.ts';

/**
 * Keeps providers still on a standby: while the gate of the etcd synchronizer stands, only what is seen as owned by `global` is
 * reconciled; everything else belongs to the primary, its deletions included. Kubernetes' own garbage collector knows of no gate.
 */
export class StandbyGate {
  readonly #environment: ControllerEnvironment;
  readonly #listeners = new Set<() => void>();
  #stands = false;

  private constructor(environment: ControllerEnvironment) {
    this.#environment = environment;
  }

  /** Resolves when it is known whether the gate stands. */
  static async watch(environment: ControllerEnvironment): Promise<StandbyGate> {
    const gate = new StandbyGate(environment);
    await gate.#follow();
    return gate;
  }

  /** Called when the gate is taken away. Returns the way to stop listening. */
  onOpen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whether an object must be left alone now. One that is gone needs no protection. */
  async holds(resource: Resource, key: ObjectKey): Promise<boolean> {
    if (!this.#stands) return false;
    const { client, signal } = this.#environment;
    const object = await client.find(resource, key, signal);
    if (!object) return false;
    if (object.metadata.namespace !== PLATFORM_NAMESPACE) return true;
    const ownership = new GlobalOwnership();
    await this.#learnOwners(ownership, object);
    return ownership.seenAs(object).as !== 'global';
  }

  /** The chain above an object, as far as it exists. */
  async #learnOwners(ownership: GlobalOwnership, object: KubeObject): Promise<void> {
    const { client, signal } = this.#environment;
    ownership.set(object);
    for (const { apiVersion, kind, name } of object.metadata.ownerReferences ?? []) {
      const resource = wellKnownResource(apiVersion, kind) ?? (await client.resolve(apiVersion, kind, signal));
      const owner = await client.find(resource, { name, namespace: object.metadata.namespace }, signal);
      if (owner) await this.#learnOwners(ownership, owner);
    }
  }

  #follow(): Promise<void> {
    const { client, signal, log } = this.#environment;
    const clock = pacedClock(this.#environment.clock);
    const only = { namespace: GATE.namespace, fieldSelector: `metadata.name=${GATE.name}` };
    return new Promise((known, fail) => {
      const run = async (): Promise<void> => {
        for await (const event of follow(client, resources.configMaps, { ...only, signal, clock })) {
          if (event.type === 'synced') known();
          else this.#change(event.type !== 'deleted');
        }
        // An end before the first list is that of the program itself.
        known();
      };
      run().catch((error: unknown) => {
        if (signal.aborted) return known();
        log(`watch of ${GATE.name} ended: ${String(error)}`);
        fail(error instanceof Error ? error : new Error(String(error)));
      });
    });
  }

  #change(stands: boolean): void {
    if (stands === this.#stands) return;
    this.#stands = stands;
    this.#environment.log(
      stands ? `${GATE.name} stands: reconciling what global owns, and nothing else` : `${GATE.name} is gone`,
    );
    if (!stands) for (const listener of this.#listeners) listener();
  }
}
