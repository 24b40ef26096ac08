import { parseDuration } from '../../../base/index.ts';
import {
  isKubeReason,
  resources,
  wellKnownResource,
  type KubeClient,
  type KubeObject,
  type ObjectKey,
  type ReconcileResult,
} from '../../../kube/index.ts';
import {
  addFinalizer,
  beingDeleted,
  clusterKeys,
  controllerOf,
  controllerReference,
  ensureOwner,
  findReferenced,
  isConditionTrue,
  isFalse,
  isPaused,
  isTrue,
  keyOf,
  labels,
  mirrored,
  ownerKeys,
  ownerReference,
  ReferencedKinds,
  RemoteClusters,
  removeFinalizer,
  saveChanges,
  setConditions,
  summary,
  timestamp,
  type Cluster,
  type ControllerEnvironment,
  type InfrastructureMachine,
  type KubeadmConfig,
  type Machine,
  type MachinePhase,
  type ObjectReference,
  type Reconciler,
} from '../kit/index.ts';
import { drainNode } from './drain.ts';
import { deleteNode, labelNode, nodeHealth } from './machine-node.ts';

const FINALIZER = 'machine.cluster.x-k8s.io';
/** A finalizer by annotation: who sets one wants to act before the infrastructure is taken away. */
const PRE_TERMINATE = 'pre-terminate.delete.hook.machine.cluster.x-k8s.io/';

/** The Machine controller: follows a machine's bootstrap data, its infrastructure and its node, and drains it at the end. */
export class MachineReconciler implements Reconciler {
  readonly name = 'machine';
  readonly resource = resources.machines;
  readonly watches;
  readonly #environment: ControllerEnvironment;
  readonly #kinds: ReferencedKinds;
  readonly #remotes: RemoteClusters;
  #enqueue: (key: string) => void = () => undefined;

  constructor(environment: ControllerEnvironment) {
    this.#environment = environment;
    this.#kinds = new ReferencedKinds(environment, (object) => {
      for (const key of ownerKeys('Machine')(object)) this.#enqueue(key);
    });
    // Machines by cluster, with their provider ID: a node wakes only its own machine.
    const machines = new Map<string, Map<string, string | undefined>>();
    this.#remotes = new RemoteClusters(environment, {
      onNodeChange: (clusterKey, node) => {
        for (const [key, providerID] of machines.get(clusterKey) ?? [])
          if (providerID !== undefined && providerID === node.spec?.providerID) this.#enqueue(key);
      },
    });
    this.watches = [
      {
        resource: resources.machines,
        mapToKeys: (object: KubeObject): string[] => {
          for (const cluster of clusterKeys(object)) {
            const known = machines.get(cluster) ?? new Map<string, string | undefined>();
            machines.set(cluster, known.set(keyOf(object), (object as Machine).spec.providerID));
          }
          return [];
        },
      },
      {
        resource: resources.clusters,
        mapToKeys: (object: KubeObject): string[] => [...(machines.get(keyOf(object))?.keys() ?? [])],
      },
    ];
  }

  start(enqueue: (key: string) => void): void {
    this.#enqueue = enqueue;
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const { client, clock, signal } = this.#environment;
    const before = await client.find<Machine>(resources.machines, key, signal);
    if (!before) return;
    const { namespace = '' } = before.metadata;
    const cluster = await client.find<Cluster>(
      resources.clusters,
      { name: before.spec.clusterName, namespace },
      signal,
    );
    if (isPaused(cluster, before)) return;
    const machine = structuredClone(before);
    if (beingDeleted(machine)) return await this.#delete(before, machine, cluster);
    if (!cluster) return { requeueAfterMs: 10_000 };

    machine.metadata.labels = { ...machine.metadata.labels, [labels.clusterName]: machine.spec.clusterName };
    addFinalizer(machine, FINALIZER);
    if (!controllerOf(machine)) ensureOwner(machine, ownerReference(cluster));
    await this.#followBootstrap(machine);
    await this.#followInfrastructure(machine, cluster);
    await this.#followNode(machine, cluster);
    const ready = summary(machine, ['BootstrapReady', 'InfrastructureReady'], true);
    if (ready) setConditions(machine, clock.now(), ready);
    this.#finish(machine, before);
    await saveChanges(client, resources.machines, before, machine);
  }

  #finish(machine: Machine, before: Machine): void {
    const phase = machinePhase(machine);
    const status = (machine.status ??= {});
    status.observedGeneration = machine.metadata.generation ?? 1;
    if (before.status?.phase !== phase) status.lastUpdated = timestamp(this.#environment.clock.now());
    status.phase = phase;
  }

  async #adopt<T extends KubeObject>(machine: Machine, reference: ObjectReference): Promise<T | undefined> {
    const resource = await this.#kinds.watch(reference);
    const before = await findReferenced<T>(this.#environment, reference, machine.metadata.namespace);
    if (!before) return undefined;
    const object = structuredClone(before);
    ensureOwner(object, controllerReference(machine));
    object.metadata.labels = { ...object.metadata.labels, [labels.clusterName]: machine.spec.clusterName };
    return await saveChanges(this.#environment.client, resource, before, object);
  }

  async #followBootstrap(machine: Machine): Promise<void> {
    const { clock } = this.#environment;
    const reference = machine.spec.bootstrap.configRef;
    const config = reference && (await this.#adopt<KubeadmConfig>(machine, reference));
    const dataSecretName = config?.status?.dataSecretName;
    if (config?.status?.ready === true && dataSecretName !== undefined)
      machine.spec.bootstrap = { ...machine.spec.bootstrap, dataSecretName };
    const ready = machine.spec.bootstrap.dataSecretName !== undefined;
    const status = (machine.status ??= {});
    status.bootstrapReady = ready;
    if (config?.status?.failureReason !== undefined) status.failureReason = config.status.failureReason;
    if (config?.status?.failureMessage !== undefined) status.failureMessage = config.status.failureMessage;
    setConditions(
      machine,
      clock.now(),
      mirrored(
        'BootstrapReady',
        config,
        ready ? isTrue('BootstrapReady') : isFalse('BootstrapReady', 'WaitingForDataSecret', 'Info'),
      ),
    );
  }

  async #followInfrastructure(machine: Machine, cluster: Cluster): Promise<void> {
    const { clock } = this.#environment;
    const status = (machine.status ??= {});
    const infrastructure = await this.#adopt<InfrastructureMachine>(machine, machine.spec.infrastructureRef);
    if (!infrastructure && status.infrastructureReady === true) {
      // A machine whose infrastructure vanished cannot come back by itself.
      status.failureReason = 'InvalidConfiguration';
      status.failureMessage = `Machine infrastructure resource ${machine.spec.infrastructureRef.kind} with name ${machine.spec.infrastructureRef.name} has been deleted after being ready`;
      return;
    }
    const ready = infrastructure?.status?.ready === true && infrastructure.spec?.providerID !== undefined;
    status.infrastructureReady = status.infrastructureReady === true || ready;
    const { failureReason, failureMessage, addresses } = infrastructure?.status ?? {};
    if (failureReason !== undefined) status.failureReason = failureReason;
    if (failureMessage !== undefined) status.failureMessage = failureMessage;
    if (ready) {
      if (addresses) status.addresses = addresses;
      const { providerID, failureDomain } = infrastructure.spec ?? {};
      machine.spec = {
        ...machine.spec,
        ...(providerID !== undefined && { providerID }),
        ...(failureDomain !== undefined && { failureDomain }),
      };
    }
    setConditions(
      machine,
      clock.now(),
      mirrored(
        'InfrastructureReady',
        infrastructure,
        status.infrastructureReady
          ? isTrue('InfrastructureReady')
          : isFalse(
              'InfrastructureReady',
              cluster.status?.infrastructureReady === true
                ? 'WaitingForInfrastructure'
                : 'WaitingForClusterInfrastructure',
              'Info',
            ),
      ),
    );
  }

  async #followNode(machine: Machine, cluster: Cluster): Promise<void> {
    const { clock } = this.#environment;
    const state = (reason: string, message = ''): void =>
      setConditions(machine, clock.now(), isFalse('NodeHealthy', reason, 'Info', message));
    if (!isConditionTrue(cluster, 'ControlPlaneInitialized') && machine.status?.nodeRef === undefined) {
      // The API server may already answer while the control plane provider has not said so; then the node is looked up below.
      if (machine.metadata.labels?.[labels.controlPlane] === undefined)
        return state('WaitingForControlPlaneInitialized');
    }
    if (machine.spec.providerID === undefined) return state('WaitingForNodeRef');
    const view = await this.#remotes.view(machine.metadata.namespace ?? '', machine.spec.clusterName);
    if (!view) return machine.status?.nodeRef === undefined ? state('WaitingForNodeRef') : undefined;
    const node = view.nodes.find((n) => n.spec?.providerID === machine.spec.providerID);
    if (!node) {
      if (machine.status?.nodeRef !== undefined)
        setConditions(
          machine,
          clock.now(),
          isFalse('NodeHealthy', 'NodeNotFound', 'Error', `Node ${machine.status.nodeRef.name} not found`),
        );
      else state('WaitingForNodeRef', 'Node with a matching spec.providerID is not registered yet');
      return;
    }
    const status = (machine.status ??= {});
    status.nodeRef = { apiVersion: 'v1', kind: 'Node', name: node.metadata.name ?? '', uid: node.metadata.uid ?? '' };
    if (node.status?.nodeInfo) status.nodeInfo = node.status.nodeInfo;
    setConditions(machine, clock.now(), nodeHealth(node));
    const remote = await this.#remotes.client(machine.metadata.namespace ?? '', machine.spec.clusterName);
    if (remote) await labelNode(remote, machine, node);
  }

  /** Drain, infrastructure, bootstrap data, node object: in this order, each waited for. */
  async #delete(before: Machine, machine: Machine, cluster: Cluster | undefined): Promise<ReconcileResult> {
    const { client, clock } = this.#environment;
    const { namespace = '' } = machine.metadata;
    const save = async (): Promise<void> => {
      this.#finish(machine, before);
      await saveChanges(client, resources.machines, before, machine);
    };
    const clusterGoes = cluster === undefined || beingDeleted(cluster);
    const remote = clusterGoes ? undefined : await this.#remotes.client(namespace, machine.spec.clusterName);
    if (remote && machine.status?.nodeRef && !isConditionTrue(machine, 'DrainingSucceeded')) {
      const drained = await this.#drain(machine, remote);
      if (!drained) {
        await save();
        return { requeueAfterMs: 2000 };
      }
      setConditions(machine, clock.now(), isTrue('DrainingSucceeded'));
    }
    const hooks = Object.keys(machine.metadata.annotations ?? {}).filter((a) => a.startsWith(PRE_TERMINATE));
    if (hooks.length > 0) {
      setConditions(machine, clock.now(), isFalse('PreTerminateDeleteHookSucceeded', 'WaitingExternalHook', 'Info'));
      await save();
      return;
    }
    for (const reference of [machine.spec.infrastructureRef, machine.spec.bootstrap.configRef]) {
      if (!reference || !(await this.#deleteReferenced(machine, reference))) continue;
      setConditions(
        machine,
        clock.now(),
        isFalse('InfrastructureReady', 'Deleting', 'Info', `${reference.kind} ${reference.name} is being deleted`),
      );
      await save();
      return { requeueAfterMs: 5000 };
    }
    if (remote && machine.status?.nodeRef) await deleteNode(remote, machine.status.nodeRef.name);
    removeFinalizer(machine, FINALIZER);
    await save();
  }

  async #drain(machine: Machine, remote: KubeClient): Promise<boolean> {
    const { clock } = this.#environment;
    const status = (machine.status ??= {});
    const deletion = (status.deletion ??= {});
    const started = (deletion.nodeDrainStartTime ??= timestamp(clock.now()));
    const limitMs = parseDuration(machine.spec.nodeDrainTimeout ?? '') ?? 0;
    if (limitMs > 0 && clock.now() - Date.parse(started) > limitMs) return true;
    try {
      const left = await drainNode(remote, machine.status?.nodeRef?.name ?? '');
      if (left === 0) return true;
      const message = `Drain not completed yet: ${String(left)} Pods still exist`;
      setConditions(machine, clock.now(), isFalse('DrainingSucceeded', 'Draining', 'Info', message));
      return false;
    } catch (error) {
      if (isKubeReason(error, 'NotFound')) return true;
      throw error;
    }
  }

  /** True while the object still exists. */
  async #deleteReferenced(machine: Machine, reference: ObjectReference): Promise<boolean> {
    const { client } = this.#environment;
    const object = await findReferenced<KubeObject>(this.#environment, reference, machine.metadata.namespace);
    if (!object) return false;
    if (!beingDeleted(object)) {
      const resource = wellKnownResource(reference.apiVersion, reference.kind) ?? (await this.#kinds.watch(reference));
      await client.delete(resource, { name: reference.name, namespace: machine.metadata.namespace });
      return (await findReferenced(this.#environment, reference, machine.metadata.namespace)) !== undefined;
    }
    return true;
  }
}

/** The phase as Cluster API computes it. */
export function machinePhase(machine: Machine): MachinePhase {
  const { status } = machine;
  if (beingDeleted(machine)) return 'Deleting';
  if (status?.failureReason !== undefined) return 'Failed';
  if (status?.infrastructureReady === true && status.nodeRef) return 'Running';
  if (status?.infrastructureReady === true && machine.spec.providerID !== undefined) return 'Provisioned';
  return status?.bootstrapReady === true ? 'Provisioning' : 'Pending';
}
