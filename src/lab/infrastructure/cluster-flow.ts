import { isGlobalctlError } from '../../base/index.ts';
import { resources, type KubeObject, type ObjectKey, type ReconcileResult, type Resource } from '../../kube/index.ts';
import {
  addFinalizer,
  beingDeleted,
  isConditionTrue,
  isFalse,
  isPaused,
  isTrue,
  ownerOf,
  recordEvent,
  RemoteClusters,
  removeFinalizer,
  saveChanges,
  setConditions,
  type Cluster,
  type ConditionState,
  type Endpoint,
  type InfrastructureCluster,
  type Reconciler,
} from '../capi/index.ts';
import { deployAddOns } from './add-ons.ts';
import { ObstacleRetries } from './obstacle-retries.ts';
import { isObstacle, RETRY_MS, type Obstacle, type ProviderEnvironment } from './provider-environment.ts';

/**
 * What every provider does for its cluster object: wait for the owner, check credentials and settings, see to the endpoint,
 * report readiness, and bring the network add-ons to the new cluster as soon as its API server answers.
 */
export abstract class InfrastructureClusterReconciler<T extends InfrastructureCluster> implements Reconciler {
  abstract readonly name: string;
  abstract readonly resource: Resource;
  /** Condition that says what the platform lacks; Ready repeats it. */
  protected abstract readonly conditionType: string;
  readonly watches;
  protected readonly environment: ProviderEnvironment;
  readonly #remotes: RemoteClusters;
  readonly #keysByCluster = new Map<string, string>();
  /** What the add-ons of each Cluster were made from; they are not applied again while that stays the same. */
  readonly #deployed = new Map<string, string>();
  readonly #retries = new ObstacleRetries();
  #enqueue: (key: string) => void = () => undefined;

  constructor(environment: ProviderEnvironment) {
    this.environment = environment;
    this.#remotes = new RemoteClusters(environment);
    this.watches = [
      {
        resource: resources.clusters,
        mapToKeys: (o: KubeObject): string[] => {
          const key = this.#keysByCluster.get(`${o.metadata.namespace ?? ''}/${o.metadata.name ?? ''}`);
          return key === undefined ? [] : [key];
        },
      },
    ];
  }

  start(enqueue: (key: string) => void): void {
    this.#enqueue = enqueue;
    const stop = this.environment.iaas.faults.onChange(() => {
      for (const key of this.#keysByCluster.values()) this.#enqueue(key);
    });
    this.environment.signal.addEventListener('abort', stop, { once: true });
  }

  /** Checks and provides what the cluster needs; idempotent. Answers the endpoint, or what is in the way. */
  protected abstract provide(object: T, cluster: Cluster): Promise<Endpoint | Obstacle>;
  /** Takes away what `provide` made and nobody else owns. */
  protected abstract withdraw(object: T, cluster: Cluster | undefined): Promise<void>;
  /** Whether kube-proxy belongs among the add-ons. */
  protected deploysKubeProxy(_cluster: Cluster): Promise<boolean> {
    return Promise.resolve(true);
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const { client, clock, signal } = this.environment;
    const before = await client.find<T>(this.resource, key, signal);
    const owner = before && ownerOf(before, 'Cluster');
    if (!before) return this.#retries.forget(key.key);
    const { namespace = '' } = before.metadata;
    const cluster = owner && (await client.find<Cluster>(resources.clusters, { name: owner.name, namespace }, signal));
    if (isPaused(cluster, before)) return;
    const object = structuredClone(before);
    const finalizer = `${this.resource.kind.toLowerCase()}.infrastructure.cluster.x-k8s.io`;
    if (beingDeleted(object)) {
      await this.withdraw(object, cluster);
      removeFinalizer(object, finalizer);
      await saveChanges(client, this.resource, before, object);
      return;
    }
    if (!cluster) return;
    this.#keysByCluster.set(`${namespace}/${owner.name}`, key.key);
    addFinalizer(object, finalizer);
    let outcome: Endpoint | Obstacle;
    try {
      outcome = await this.provide(object, cluster);
    } catch (error) {
      if (!isGlobalctlError(error, 'LAB_IAAS')) throw error;
      outcome = { reason: 'PlatformUnavailable', severity: 'Error', message: error.message, retryAfterMs: RETRY_MS };
    }
    let state: ConditionState;
    if (isObstacle(outcome)) {
      this.environment.log(`"${outcome.message}" ${this.resource.kind}="${key.key}" reason="${outcome.reason}"`);
      state = isFalse(this.conditionType, outcome.reason, outcome.severity, outcome.message);
      await recordEvent(this.environment, this.name, before, {
        type: 'Warning',
        reason: outcome.reason,
        message: outcome.message,
      });
    } else {
      state = isTrue(this.conditionType);
      object.status = { ...object.status, ready: true };
    }
    setConditions(object, clock.now(), state, { ...state, type: 'Ready' });
    await saveChanges(client, this.resource, before, object);
    if (isObstacle(outcome)) {
      const waitMs = this.#retries.waitMs(key.key, outcome);
      return waitMs === undefined ? undefined : { requeueAfterMs: waitMs };
    }
    this.#retries.forget(key.key);
    return await this.#addOns(before, cluster);
  }

  async #addOns(object: T, cluster: Cluster): Promise<ReconcileResult> {
    if (!isConditionTrue(cluster, 'ControlPlaneInitialized')) return;
    const { namespace = '', name = '' } = cluster.metadata;
    const remote = await this.#remotes.client(namespace, name);
    if (!remote) return { requeueAfterMs: 5000 };
    const kubeProxy = await this.deploysKubeProxy(cluster);
    const input = JSON.stringify([cluster.metadata.uid, cluster.metadata.annotations, cluster.spec, kubeProxy]);
    if (this.#deployed.get(`${namespace}/${name}`) === input) return;
    const missing = await deployAddOns(this.environment, remote, cluster, { kubeProxy });
    if (missing === undefined) this.#deployed.set(`${namespace}/${name}`, input);
    if (missing === undefined) return;
    await recordEvent(this.environment, this.name, object, {
      type: 'Warning',
      reason: 'NetworkPluginNotDeployed',
      message: missing,
    });
    return { requeueAfterMs: RETRY_MS };
  }
}
