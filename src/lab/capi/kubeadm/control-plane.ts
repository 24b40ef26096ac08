import { isGlobalctlError } from '../../../base/index.ts';
import { resources, type KubeObject, type ObjectKey, type ReconcileResult } from '../../../kube/index.ts';
import {
  addFinalizer,
  annotations,
  beingDeleted,
  controllerReference,
  ensureOwner,
  isConditionTrue,
  isFalse,
  isPaused,
  isTrue,
  labels,
  ownerKeys,
  ownerOf,
  recordEvent,
  RemoteClusters,
  removeFinalizer,
  saveChanges,
  setConditions,
  type Cluster,
  type ControllerEnvironment,
  type KubeadmControlPlane,
  type Machine,
  type Reconciler,
} from '../kit/index.ts';
import { ensureCertificates, ensureKubeconfig } from './certificates.ts';
import { inspectControlPlane, type ControlPlaneHealth } from './control-plane-health.ts';
import {
  createControlPlaneMachine,
  deleteMachine,
  listControlPlaneMachines,
  outdatedBecause,
} from './control-plane-machines.ts';
import { writeControlPlaneStatus } from './control-plane-status.ts';

const FINALIZER = 'kubeadm.controlplane.cluster.x-k8s.io';
const COMPONENT = 'kubeadm-control-plane-controller';
/** How soon to look again at a control plane that is not complete; a watch of its nodes usually comes first. */
const RECHECK_MS = 10_000;

/** The control plane controller: one machine at a time, each healthy before the next. */
export class KubeadmControlPlaneReconciler implements Reconciler {
  readonly name = 'kubeadmcontrolplane';
  readonly resource = resources.kubeadmControlPlanes;
  readonly watches;
  readonly #environment: ControllerEnvironment;
  readonly #remotes: RemoteClusters;
  readonly #keysByCluster = new Map<string, string>();
  #enqueue: (key: string) => void = () => undefined;

  constructor(environment: ControllerEnvironment) {
    this.#environment = environment;
    const ofCluster = (clusterKey: string): string[] => {
      const key = this.#keysByCluster.get(clusterKey);
      return key === undefined ? [] : [key];
    };
    const wake = (clusterKey: string): void => {
      for (const key of ofCluster(clusterKey)) this.#enqueue(key);
    };
    this.#remotes = new RemoteClusters(environment, { onNodeChange: wake, onControlPlanePodChange: wake });
    this.watches = [
      { resource: resources.machines, mapToKeys: ownerKeys('KubeadmControlPlane') },
      {
        resource: resources.clusters,
        mapToKeys: (o: KubeObject): string[] => ofCluster(`${o.metadata.namespace ?? ''}/${o.metadata.name ?? ''}`),
      },
    ];
  }

  start(enqueue: (key: string) => void): void {
    this.#enqueue = enqueue;
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const { client, signal } = this.#environment;
    const before = await client.find<KubeadmControlPlane>(resources.kubeadmControlPlanes, key, signal);
    const clusterName = before && (ownerOf(before, 'Cluster')?.name ?? before.metadata.labels?.[labels.clusterName]);
    if (!before || clusterName === undefined) return;
    const { namespace = '' } = before.metadata;
    this.#keysByCluster.set(`${namespace}/${clusterName}`, key.key);
    const cluster = await client.find<Cluster>(resources.clusters, { name: clusterName, namespace }, signal);
    if (!cluster || isPaused(cluster, before)) return;
    const controlPlane = structuredClone(before);
    if (beingDeleted(controlPlane)) return await this.#delete(before, controlPlane, cluster);

    addFinalizer(controlPlane, FINALIZER);
    ensureOwner(controlPlane, controllerReference(cluster));
    let result: ReconcileResult = undefined;
    let failure: unknown;
    try {
      result = await this.#reconcileNormal(controlPlane, cluster);
    } catch (error) {
      failure = error;
    }
    await saveChanges(client, resources.kubeadmControlPlanes, before, controlPlane);
    if (failure !== undefined) throw failure as Error;
    return result;
  }

  async #reconcileNormal(controlPlane: KubeadmControlPlane, cluster: Cluster): Promise<ReconcileResult> {
    const { clock } = this.#environment;
    if (cluster.status?.infrastructureReady !== true) return;
    try {
      const mayGenerate =
        controlPlane.status?.initialized !== true && !isConditionTrue(cluster, 'ControlPlaneInitialized');
      const certificates = await ensureCertificates(this.#environment, cluster, controlPlane, mayGenerate);
      setConditions(controlPlane, clock.now(), isTrue('CertificatesAvailable'));
      if (!cluster.spec?.controlPlaneEndpoint || cluster.spec.controlPlaneEndpoint.host === '') return;
      await ensureKubeconfig(this.#environment, cluster, controlPlane, certificates.ca);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      setConditions(
        controlPlane,
        clock.now(),
        isFalse('CertificatesAvailable', 'CertificatesGenerationFailed', 'Warning', message),
      );
      throw error;
    }
    let machines = await listControlPlaneMachines(this.#environment, cluster, controlPlane);
    const health = await this.#inspect(cluster, machines);
    if (health) await this.#writeMachineConditions(health);
    const outdated = await this.#outdated(controlPlane, machines);
    try {
      await this.#scale(controlPlane, cluster, machines, outdated, health);
    } finally {
      machines = await listControlPlaneMachines(this.#environment, cluster, controlPlane);
      writeControlPlaneStatus(controlPlane, { machines, outdated, health, nowMs: clock.now() });
    }
    return isConditionTrue(controlPlane, 'Ready') ? undefined : { requeueAfterMs: RECHECK_MS };
  }

  /** undefined while the API server of the new cluster does not answer. */
  async #inspect(cluster: Cluster, machines: readonly Machine[]): Promise<ControlPlaneHealth | undefined> {
    const { namespace = '', name = '' } = cluster.metadata;
    // Before any machine has its infrastructure nothing can answer, and asking would only wait.
    if (!machines.some((m) => m.status?.infrastructureReady === true)) return undefined;
    const view = await this.#remotes.view(namespace, name);
    const remote = await this.#remotes.client(namespace, name);
    if (!view || !remote) return undefined;
    try {
      const ref = { name: 'kubeadm-config', namespace: 'kube-system' };
      const initialized = (await remote.find(resources.configMaps, ref, this.#environment.signal)) !== undefined;
      return inspectControlPlane({ ...view, initialized }, machines);
    } catch (error) {
      if (isGlobalctlError(error, 'KUBE_UNREACHABLE') || isGlobalctlError(error, 'KUBE_API')) return undefined;
      throw error;
    }
  }

  async #writeMachineConditions(health: ControlPlaneHealth): Promise<void> {
    const { client, clock } = this.#environment;
    for (const { machine, conditions } of health.machines) {
      if (machine.status?.infrastructureReady !== true) continue;
      const after = structuredClone(machine);
      setConditions(after, clock.now(), ...conditions);
      await saveChanges(client, resources.machines, machine, after);
    }
  }

  async #outdated(
    controlPlane: KubeadmControlPlane,
    machines: readonly Machine[],
  ): Promise<ReadonlyMap<string, string>> {
    const outdated = new Map<string, string>();
    for (const machine of machines) {
      const reason = await outdatedBecause(this.#environment, controlPlane, machine);
      if (reason !== undefined) outdated.set(machine.metadata.name ?? '', reason);
    }
    return outdated;
  }

  /** At most one machine is made or deleted; not before all present ones are healthy. */
  async #scale(
    controlPlane: KubeadmControlPlane,
    cluster: Cluster,
    machines: readonly Machine[],
    outdated: ReadonlyMap<string, string>,
    health: ControlPlaneHealth | undefined,
  ): Promise<void> {
    const { clock } = this.#environment;
    const wanted = controlPlane.spec.replicas ?? 1;
    const maxSurge = Number(controlPlane.spec.rolloutStrategy?.rollingUpdate?.maxSurge ?? 1);
    if (machines.length === 0 && wanted > 0)
      return await this.#create(controlPlane, cluster, { initializing: true, ordinal: 0 });
    const deleting = machines.some(beingDeleted);
    const stable = health?.initialized === true && health.machines.every((m) => m.healthy) && !deleting;
    const rolling = outdated.size > 0;
    const missing =
      machines.length < wanted ||
      (rolling && maxSurge > 0 && machines.length < wanted + 1 && outdated.size > machines.length - wanted);
    const surplus = machines.length > wanted || (rolling && maxSurge === 0 && machines.length === wanted);
    if (rolling)
      setConditions(
        controlPlane,
        clock.now(),
        isFalse(
          'MachinesSpecUpToDate',
          'RollingUpdateInProgress',
          'Warning',
          `Rolling ${String(outdated.size)} replicas with outdated spec (${String(machines.length - outdated.size)} replicas up to date)`,
        ),
      );
    else setConditions(controlPlane, clock.now(), isTrue('MachinesSpecUpToDate'));
    if (!stable || (!missing && !surplus)) return;
    if (missing)
      return await this.#create(controlPlane, cluster, {
        initializing: false,
        ordinal: machines.length + outdated.size,
      });
    const marked = machines.find((m) => annotations.deleteMachine in (m.metadata.annotations ?? {}));
    const victim = marked ?? machines.find((m) => outdated.has(m.metadata.name ?? '')) ?? machines[0];
    // The last machine is never taken away to be replaced: with it goes the cluster.
    if (victim && machines.length > 1) await deleteMachine(this.#environment, victim);
  }

  async #create(
    controlPlane: KubeadmControlPlane,
    cluster: Cluster,
    options: { readonly initializing: boolean; readonly ordinal: number },
  ): Promise<void> {
    const { clock } = this.#environment;
    try {
      await createControlPlaneMachine(this.#environment, cluster, controlPlane, options);
      setConditions(controlPlane, clock.now(), isTrue('MachinesCreated'));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      setConditions(
        controlPlane,
        clock.now(),
        isFalse('MachinesCreated', 'InfrastructureTemplateCloningFailed', 'Error', message),
      );
      const reason = options.initializing ? 'FailedInitialization' : 'FailedScaleUp';
      const words = options.initializing
        ? 'Failed to create initial control plane Machine'
        : 'Failed to create additional control plane Machine';
      await recordEvent(this.#environment, COMPONENT, controlPlane, {
        type: 'Warning',
        reason,
        message: `${words} for cluster ${cluster.metadata.namespace ?? ''}/${cluster.metadata.name ?? ''} control plane: ${message}`,
      });
      throw error;
    }
  }

  /** Workers must be gone first; then all control plane machines go at once. */
  async #delete(
    before: KubeadmControlPlane,
    controlPlane: KubeadmControlPlane,
    cluster: Cluster,
  ): Promise<ReconcileResult> {
    const { client, clock, signal } = this.#environment;
    const { items } = await client.list<Machine>(resources.machines, {
      namespace: controlPlane.metadata.namespace,
      labelSelector: `${labels.clusterName}=${cluster.metadata.name ?? ''}`,
      signal,
    });
    const mine = await listControlPlaneMachines(this.#environment, cluster, controlPlane);
    const names = new Set(mine.map((m) => m.metadata.name));
    const workers = items.filter((m) => !names.has(m.metadata.name));
    if (workers.length === 0)
      for (const machine of mine) if (!beingDeleted(machine)) await deleteMachine(this.#environment, machine);
    if (mine.length === 0) removeFinalizer(controlPlane, FINALIZER);
    else
      setConditions(
        controlPlane,
        clock.now(),
        isFalse(
          'Resized',
          'Deleting',
          'Info',
          workers.length > 0 ? `Waiting for ${String(workers.length)} worker machines` : '',
        ),
      );
    await saveChanges(client, resources.kubeadmControlPlanes, before, controlPlane);
    return mine.length === 0 ? undefined : { requeueAfterMs: 5000 };
  }
}
