import {
  isKubeReason,
  resources,
  wellKnownResource,
  type KubeObject,
  type ObjectKey,
  type ReconcileResult,
} from '../../../kube/index.ts';
import {
  addFinalizer,
  beingDeleted,
  clusterKeys,
  controllerReference,
  ensureOwner,
  findReferenced,
  isFalse,
  isPaused,
  isTrue,
  labels,
  mirrored,
  ownerKeys,
  ReferencedKinds,
  removeFinalizer,
  saveChanges,
  setConditions,
  summary,
  type Cluster,
  type ControllerEnvironment,
  type InfrastructureCluster,
  type KubeadmControlPlane,
  type ObjectReference,
  type Reconciler,
} from '../kit/index.ts';

const FINALIZER = 'cluster.cluster.x-k8s.io';

/**
 * The Cluster controller: ties the infrastructure cluster and the control plane to the Cluster, copies their endpoint and
 * readiness, and takes everything down in order when the Cluster is deleted.
 */
export class ClusterReconciler implements Reconciler {
  readonly name = 'cluster';
  readonly resource = resources.clusters;
  readonly watches = [{ resource: resources.machines, mapToKeys: clusterKeys }];
  readonly #environment: ControllerEnvironment;
  readonly #kinds: ReferencedKinds;
  #enqueue: (key: string) => void = () => undefined;

  constructor(environment: ControllerEnvironment) {
    this.#environment = environment;
    this.#kinds = new ReferencedKinds(environment, (object) => {
      for (const key of [...ownerKeys('Cluster')(object), ...clusterKeys(object)]) this.#enqueue(key);
    });
  }

  start(enqueue: (key: string) => void): void {
    this.#enqueue = enqueue;
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const { client, clock, signal } = this.#environment;
    const before = await client.find<Cluster>(resources.clusters, key, signal);
    if (!before || isPaused(before, before)) return;
    const cluster = structuredClone(before);
    if (beingDeleted(cluster)) return await this.#delete(before, cluster);

    addFinalizer(cluster, FINALIZER);
    cluster.metadata.labels = { ...cluster.metadata.labels, [labels.clusterName]: key.name };
    const infrastructure = await this.#adopt<InfrastructureCluster>(cluster, cluster.spec?.infrastructureRef);
    const controlPlane = await this.#adopt<KubeadmControlPlane>(cluster, cluster.spec?.controlPlaneRef);
    takeInfrastructure(cluster, infrastructure);
    const status = (cluster.status ??= {});
    status.controlPlaneReady = controlPlane?.status?.ready === true;
    status.observedGeneration = cluster.metadata.generation ?? 1;
    setConditions(
      cluster,
      clock.now(),
      mirrored(
        'InfrastructureReady',
        infrastructure,
        status.infrastructureReady === true
          ? isTrue('InfrastructureReady')
          : isFalse('InfrastructureReady', 'WaitingForInfrastructure', 'Info'),
      ),
      mirrored('ControlPlaneReady', controlPlane, isFalse('ControlPlaneReady', 'WaitingForControlPlane', 'Info')),
      controlPlane?.status?.initialized === true
        ? isTrue('ControlPlaneInitialized')
        : isFalse(
            'ControlPlaneInitialized',
            controlPlane ? 'WaitingForControlPlaneProviderInitialized' : 'MissingNodeRef',
            'Info',
            controlPlane
              ? 'Waiting for control plane provider to indicate the control plane has been initialized'
              : 'Waiting for the first control plane machine to have its status.nodeRef set',
          ),
    );
    const ready = summary(cluster, ['ControlPlaneReady', 'InfrastructureReady']);
    if (ready) setConditions(cluster, clock.now(), ready);
    cluster.status = { ...cluster.status, phase: clusterPhase(cluster) };
    await saveChanges(client, resources.clusters, before, cluster);
  }

  /** Makes the Cluster own a referenced object and labels it; undefined when the object does not exist (yet). */
  async #adopt<T extends KubeObject>(cluster: Cluster, reference: ObjectReference | undefined): Promise<T | undefined> {
    if (!reference) return undefined;
    const { client } = this.#environment;
    const resource = await this.#kinds.watch(reference);
    const before = await findReferenced<T>(this.#environment, reference, cluster.metadata.namespace);
    if (!before) return undefined;
    const object = structuredClone(before);
    ensureOwner(object, controllerReference(cluster));
    object.metadata.labels = { ...object.metadata.labels, [labels.clusterName]: cluster.metadata.name ?? '' };
    return await saveChanges(client, resource, before, object);
  }

  /** Workers first, then the control plane, the infrastructure last: each step waits until the one before is gone. */
  async #delete(before: Cluster, cluster: Cluster): Promise<ReconcileResult> {
    const { client, signal } = this.#environment;
    const { namespace, name = '' } = cluster.metadata;
    cluster.status = { ...cluster.status, phase: 'Deleting' };
    const labelSelector = `${labels.clusterName}=${name}`;
    const remaining = async (resource: typeof resources.machineDeployments): Promise<KubeObject[]> => {
      const { items } = await client.list(resource, { namespace, labelSelector, signal });
      const mine = items.filter((o) => !beingDeleted(o));
      for (const object of mine) await this.#deleteObject(object);
      return items;
    };
    const deployments = (
      await client.list<KubeObject & { spec: { clusterName: string } }>(resources.machineDeployments, {
        namespace,
        signal,
      })
    ).items.filter((d) => d.spec.clusterName === name);
    for (const deployment of deployments) if (!beingDeleted(deployment)) await this.#deleteObject(deployment);
    let waiting = deployments.length + (await remaining(resources.machineSets)).length;
    if (waiting === 0 && cluster.spec?.controlPlaneRef)
      waiting = await this.#deleteReferenced(cluster, cluster.spec.controlPlaneRef);
    if (waiting === 0) waiting = (await remaining(resources.machines)).length;
    if (waiting === 0 && cluster.spec?.infrastructureRef)
      waiting = await this.#deleteReferenced(cluster, cluster.spec.infrastructureRef);
    if (waiting === 0) removeFinalizer(cluster, FINALIZER);
    await saveChanges(client, resources.clusters, before, cluster);
    return waiting === 0 ? undefined : { requeueAfterMs: 5000 };
  }

  async #deleteReferenced(cluster: Cluster, reference: ObjectReference): Promise<number> {
    const object = await findReferenced<KubeObject>(this.#environment, reference, cluster.metadata.namespace);
    if (!object) return 0;
    if (!beingDeleted(object)) await this.#deleteObject(object);
    return 1;
  }

  async #deleteObject(object: KubeObject): Promise<void> {
    const { client } = this.#environment;
    const resource =
      wellKnownResource(object.apiVersion, object.kind) ?? (await client.resolve(object.apiVersion, object.kind));
    const { name = '', namespace } = object.metadata;
    try {
      await client.delete(resource, { name, namespace });
    } catch (error) {
      if (!isKubeReason(error, 'NotFound')) throw error;
    }
  }
}

function takeInfrastructure(cluster: Cluster, infrastructure: InfrastructureCluster | undefined): void {
  const status = (cluster.status ??= {});
  // Once true it stays true: a provider that stumbles later does not take the cluster's endpoint away.
  status.infrastructureReady = status.infrastructureReady === true || infrastructure?.status?.ready === true;
  const { failureReason, failureMessage, failureDomains } = infrastructure?.status ?? {};
  if (failureReason !== undefined) status.failureReason = failureReason;
  if (failureMessage !== undefined) status.failureMessage = failureMessage;
  if (failureDomains !== undefined) status.failureDomains = failureDomains;
  const endpoint = infrastructure?.spec?.controlPlaneEndpoint;
  const present = cluster.spec?.controlPlaneEndpoint;
  const known = present !== undefined && present.host !== '' && present.port !== 0;
  if (status.infrastructureReady && !known && endpoint && endpoint.host !== '')
    cluster.spec = { ...cluster.spec, controlPlaneEndpoint: { host: endpoint.host, port: endpoint.port } };
}

/** The phase as Cluster API computes it; Provisioned means an endpoint and an infrastructure, not a control plane. */
export function clusterPhase(cluster: Cluster): NonNullable<NonNullable<Cluster['status']>['phase']> {
  if (beingDeleted(cluster)) return 'Deleting';
  if (cluster.status?.failureReason !== undefined) return 'Failed';
  const endpoint = cluster.spec?.controlPlaneEndpoint;
  if (cluster.status?.infrastructureReady === true && endpoint && endpoint.host !== '') return 'Provisioned';
  return cluster.spec?.infrastructureRef ? 'Provisioning' : 'Pending';
}
