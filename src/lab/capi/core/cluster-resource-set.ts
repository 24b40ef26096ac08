import { createHash } from 'node:crypto';
import { parseAllDocuments } from 'yaml';
import { isGlobalctlError } from '../../../base/index.ts';
import {
  isKubeReason,
  resources,
  type KubeClient,
  type KubeObject,
  type ObjectKey,
  type ReconcileResult,
  type Resource,
} from '../../../kube/index.ts';
import {
  beingDeleted,
  ensureOwner,
  isConditionTrue,
  isFalse,
  isTrue,
  matchesSelector,
  ownerReference,
  RemoteClusters,
  saveChanges,
  setConditions,
  timestamp,
  type Cluster,
  type ControllerEnvironment,
  type LabelSelector,
  type Reconciler,
  type Secret,
} from '../kit/index.ts';

interface ResourceReference {
  kind: 'Secret' | 'ConfigMap';
  name: string;
}

interface ClusterResourceSet extends KubeObject {
  spec: { clusterSelector: LabelSelector; resources?: ResourceReference[]; strategy?: 'ApplyOnce' | 'Reconcile' };
  status?: { conditions?: []; observedGeneration?: number };
}

interface Binding extends KubeObject {
  spec?: {
    clusterName?: string;
    bindings?: {
      clusterResourceSetName: string;
      resources?: (ResourceReference & { applied: boolean; hash?: string; lastAppliedTime?: string })[];
    }[];
  };
}

/** The Secret type that the controller accepts; any other is refused with WrongSecretType. */
const SECRET_TYPE = 'addons.cluster.x-k8s.io/resource-set';

/** What a delivery ended with: the reason for the ResourcesApplied condition, when it did not succeed. */
type Failure = { readonly reason: string; readonly message: string };

/**
 * The ClusterResourceSet controller: applies the objects nested in Secrets and ConfigMaps to the clusters of its own
 * namespace that its selector picks, as soon as their API servers answer. Which content was applied stands in a
 * ClusterResourceSetBinding named after the cluster.
 */
export class ClusterResourceSetReconciler implements Reconciler {
  readonly name = 'clusterresourceset';
  readonly resource = resources.clusterResourceSets;
  readonly watches;
  readonly #environment: ControllerEnvironment;
  readonly #remotes: RemoteClusters;
  readonly #keys = new Set<string>();

  constructor(environment: ControllerEnvironment) {
    this.#environment = environment;
    this.#remotes = new RemoteClusters(environment);
    const sameNamespace = (object: KubeObject): string[] =>
      [...this.#keys].filter((key) => key.startsWith(`${object.metadata.namespace ?? ''}/`));
    this.watches = [{ resource: resources.clusters, mapToKeys: sameNamespace }];
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const { client, clock, signal } = this.#environment;
    const before = await client.find<ClusterResourceSet>(resources.clusterResourceSets, key, signal);
    if (!before || beingDeleted(before)) {
      this.#keys.delete(key.key);
      return;
    }
    this.#keys.add(key.key);
    const set = structuredClone(before);
    const namespace = set.metadata.namespace ?? '';
    const { items } = await client.list<Cluster>(resources.clusters, { namespace, signal });
    let failure: Failure | undefined;
    let waiting = false;
    for (const cluster of items) {
      if (!matchesSelector(cluster, set.spec.clusterSelector) || beingDeleted(cluster)) continue;
      if (!isConditionTrue(cluster, 'ControlPlaneInitialized')) {
        failure ??= {
          reason: 'RemoteClusterClientFailed',
          message: `the control plane of Cluster ${cluster.metadata.name ?? ''} is not initialized`,
        };
        continue;
      }
      const result = await this.#deliver(set, cluster);
      if (result) {
        failure = result;
        waiting = true;
      }
    }
    setConditions(
      set,
      clock.now(),
      failure ? isFalse('ResourcesApplied', failure.reason, 'Error', failure.message) : isTrue('ResourcesApplied'),
    );
    set.status = { ...set.status, observedGeneration: set.metadata.generation ?? 1 };
    await saveChanges(client, resources.clusterResourceSets, before, set);
    if (waiting) return { requeueAfterMs: 5000 };
    // Content of Secrets and ConfigMaps is not watched by type; the real controller resyncs too.
    return set.spec.strategy === 'Reconcile' ? { requeueAfterMs: 600_000 } : undefined;
  }

  async #deliver(set: ClusterResourceSet, cluster: Cluster): Promise<Failure | undefined> {
    const { client, clock, signal } = this.#environment;
    const { namespace = '', name = '' } = cluster.metadata;
    const remote = await this.#remotes.client(namespace, name);
    if (!remote) return { reason: 'RemoteClusterClientFailed', message: `Secret ${name}-kubeconfig not found` };
    const binding = await this.#binding(cluster, set);
    const before = structuredClone(binding);
    const bindings = ((binding.spec ??= {}).bindings ??= []);
    let mine = bindings.find((b) => b.clusterResourceSetName === set.metadata.name);
    if (!mine) bindings.push((mine = { clusterResourceSetName: set.metadata.name ?? '', resources: [] }));
    const applied = (mine.resources ??= []);
    let failure: Failure | undefined;
    for (const reference of set.spec.resources ?? []) {
      const holder = await this.#holder(set, reference);
      if ('reason' in holder) {
        failure = holder;
        continue;
      }
      const texts = holder.texts;
      const hash = `sha256:${createHash('sha256').update(texts.join('\n')).digest('hex')}`;
      const present = applied.find((r) => r.kind === reference.kind && r.name === reference.name);
      if (present?.applied === true && (set.spec.strategy !== 'Reconcile' || present.hash === hash)) continue;
      const error = await applyTexts(remote, texts, signal);
      const entry = { ...reference, applied: error === undefined, hash, lastAppliedTime: timestamp(clock.now()) };
      if (present) Object.assign(present, entry);
      else applied.push(entry);
      if (error !== undefined) failure = { reason: 'ApplyFailed', message: error };
    }
    await saveChanges(client, resources.clusterResourceSetBindings, before, binding);
    return failure;
  }

  async #binding(cluster: Cluster, set: ClusterResourceSet): Promise<Binding> {
    const { client, signal } = this.#environment;
    const { namespace, name = '' } = cluster.metadata;
    const present = await client.find<Binding>(resources.clusterResourceSetBindings, { name, namespace }, signal);
    if (present) return present;
    const binding: Binding = {
      apiVersion: 'addons.cluster.x-k8s.io/v1beta1',
      kind: 'ClusterResourceSetBinding',
      metadata: {
        name,
        ...(namespace !== undefined && { namespace }),
        ownerReferences: [ownerReference(set), ownerReference(cluster)],
      },
      spec: { clusterName: name, bindings: [] },
    };
    return await client.create(resources.clusterResourceSetBindings, binding, { signal });
  }

  /** The texts in a Secret or ConfigMap, in the order of their keys; also makes the set its owner, as the real one does. */
  async #holder(set: ClusterResourceSet, reference: ResourceReference): Promise<{ texts: string[] } | Failure> {
    const { client, signal } = this.#environment;
    const { namespace } = set.metadata;
    const resource: Resource = reference.kind === 'Secret' ? resources.secrets : resources.configMaps;
    const before = await client.find<Secret>(resource, { name: reference.name, namespace }, signal);
    if (!before)
      return { reason: 'RetrievingResourceFailed', message: `${reference.kind} ${reference.name} not found` };
    if (reference.kind === 'Secret' && before.type !== SECRET_TYPE)
      return {
        reason: 'WrongSecretType',
        message: `Secret ${reference.name} has type ${before.type ?? 'Opaque'}, must be ${SECRET_TYPE}`,
      };
    const object = structuredClone(before);
    ensureOwner(object, ownerReference(set));
    await saveChanges(client, resource, before, object);
    const data = Object.entries(object.data ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      texts: data.map(([, v]) => (reference.kind === 'Secret' ? Buffer.from(v, 'base64').toString('utf8') : v)),
    };
  }
}

/** Applies every object of the texts; answers the first error, after trying all of them. */
async function applyTexts(
  remote: KubeClient,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  let failure: string | undefined;
  for (const text of texts)
    for (const document of parseAllDocuments(text)) {
      const object = document.toJS() as KubeObject | null;
      if (object === null) continue;
      try {
        const resource = await remote.resolve(object.apiVersion, object.kind, signal);
        if (resource.namespaced) object.metadata.namespace ??= 'default';
        await remote.apply(resource, object, { fieldManager: 'capi-clusterresourceset', force: true, signal });
      } catch (error) {
        if (isGlobalctlError(error, 'CANCELLED')) throw error;
        if (isKubeReason(error, 'Conflict')) continue;
        failure ??= error instanceof Error ? error.message : String(error);
      }
    }
  return failure;
}
