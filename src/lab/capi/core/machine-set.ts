import { isKubeReason, resources, type KubeObject, type ObjectKey, type ReconcileResult } from '../../../kube/index.ts';
import {
  annotations,
  beingDeleted,
  cloneTemplate,
  controllerOf,
  controllerReference,
  ensureOwner,
  formatSelector,
  isConditionTrue,
  isFalse,
  isPaused,
  isTrue,
  labels,
  matchesSelector,
  ownerKeys,
  ownerReference,
  saveChanges,
  setConditions,
  summary,
  type Cluster,
  type ControllerEnvironment,
  type Machine,
  type MachineSet,
  type Reconciler,
} from '../kit/index.ts';

/** The MachineSet controller: keeps a number of machines of one template. */
export class MachineSetReconciler implements Reconciler {
  readonly name = 'machineset';
  readonly resource = resources.machineSets;
  readonly watches = [{ resource: resources.machines, mapToKeys: ownerKeys('MachineSet') }];
  readonly #environment: ControllerEnvironment;

  constructor(environment: ControllerEnvironment) {
    this.#environment = environment;
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const { client, clock, signal } = this.#environment;
    const before = await client.find<MachineSet>(resources.machineSets, key, signal);
    if (!before) return;
    const { namespace = '' } = before.metadata;
    const cluster = await client.find<Cluster>(
      resources.clusters,
      { name: before.spec.clusterName, namespace },
      signal,
    );
    if (!cluster || isPaused(cluster, before) || beingDeleted(before)) return;
    const set = structuredClone(before);
    set.metadata.labels = { ...set.metadata.labels, [labels.clusterName]: set.spec.clusterName };
    if (!controllerOf(set)) ensureOwner(set, ownerReference(cluster));

    const machines = await this.#machines(set);
    const alive = machines.filter((m) => !beingDeleted(m));
    const wanted = set.spec.replicas ?? 1;
    if (alive.length < wanted) {
      try {
        for (let i = alive.length; i < wanted; i++) await this.#createMachine(set, machines.length + i - alive.length);
        setConditions(set, clock.now(), isTrue('MachinesCreated'));
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        setConditions(
          set,
          clock.now(),
          isFalse('MachinesCreated', 'InfrastructureTemplateCloningFailed', 'Error', message),
        );
        await saveChanges(client, resources.machineSets, before, set);
        throw error;
      }
    } else setConditions(set, clock.now(), isTrue('MachinesCreated'));
    for (const machine of deletionOrder(alive).slice(0, Math.max(0, alive.length - wanted)))
      await this.#delete(machine);

    this.#writeStatus(set, await this.#machines(set));
    await saveChanges(client, resources.machineSets, before, set);
  }

  /** Machines that match the selector and are not another controller's; references to the set are renewed. */
  async #machines(set: MachineSet): Promise<Machine[]> {
    const { client, signal } = this.#environment;
    const { namespace, name } = set.metadata;
    const { items } = await client.list<Machine>(resources.machines, {
      namespace,
      labelSelector: `${labels.clusterName}=${set.spec.clusterName}`,
      signal,
    });
    const mine: Machine[] = [];
    for (const machine of items) {
      const owner = controllerOf(machine);
      if (owner ? owner.kind !== 'MachineSet' || owner.name !== name : !matchesSelector(machine, set.spec.selector))
        continue;
      const after = structuredClone(machine);
      ensureOwner(after, controllerReference(set));
      mine.push(await saveChanges(client, resources.machines, machine, after));
    }
    return mine;
  }

  async #createMachine(set: MachineSet, ordinal: number): Promise<void> {
    const { client, random, signal } = this.#environment;
    const { namespace = '', name = '' } = set.metadata;
    const { template, clusterName } = set.spec;
    let attempt = 0;
    let machineName: string;
    // Not by uid, which is another one in every run: the same seed gives the same machines.
    do machineName = `${name}-${random.suffix(5, 'machine', namespace, name, ordinal, attempt++)}`;
    while (await client.find(resources.machines, { name: machineName, namespace }, signal));
    const machineLabels = {
      ...template.metadata?.labels,
      ...set.spec.selector.matchLabels,
      [labels.clusterName]: clusterName,
      [labels.setName]: name,
    };
    const clone = { namespace, name: machineName, clusterName, labels: machineLabels, owner: ownerReference(set) };
    const infrastructureRef = await cloneTemplate(this.#environment, {
      ...clone,
      template: template.spec.infrastructureRef,
    });
    const configTemplate = template.spec.bootstrap.configRef;
    const configRef =
      configTemplate && (await cloneTemplate(this.#environment, { ...clone, template: configTemplate }));
    const machine: Machine = {
      apiVersion: 'cluster.x-k8s.io/v1beta1',
      kind: 'Machine',
      metadata: {
        name: machineName,
        namespace,
        labels: machineLabels,
        ...(template.metadata?.annotations && { annotations: template.metadata.annotations }),
        ownerReferences: [controllerReference(set)],
      },
      spec: {
        ...template.spec,
        clusterName,
        bootstrap: configRef ? { configRef } : template.spec.bootstrap,
        infrastructureRef,
      },
    };
    await client.create(resources.machines, machine, { signal });
  }

  async #delete(machine: KubeObject): Promise<void> {
    const { name = '', namespace } = machine.metadata;
    try {
      await this.#environment.client.delete(resources.machines, { name, namespace });
    } catch (error) {
      if (!isKubeReason(error, 'NotFound')) throw error;
    }
  }

  #writeStatus(set: MachineSet, machines: readonly Machine[]): void {
    const now = this.#environment.clock.now();
    const ready = machines.filter((m) => isConditionTrue(m, 'NodeHealthy'));
    set.status = {
      ...set.status,
      replicas: machines.length,
      fullyLabeledReplicas: machines.filter((m) =>
        matchesSelector(m, { matchLabels: set.spec.template.metadata?.labels ?? {} }),
      ).length,
      readyReplicas: ready.length,
      availableReplicas: ready.length,
      selector: formatSelector(set.spec.selector),
      observedGeneration: set.metadata.generation ?? 1,
    };
    const wanted = set.spec.replicas ?? 1;
    const notReady = machines.filter((m) => !isConditionTrue(m, 'Ready'));
    setConditions(
      set,
      now,
      machines.length === wanted
        ? isTrue('Resized')
        : isFalse(
            'Resized',
            machines.length < wanted ? 'ScalingUp' : 'ScalingDown',
            'Info',
            `Scaling ${machines.length < wanted ? 'up' : 'down'} MachineSet to ${String(wanted)} replicas (actual ${String(machines.length)})`,
          ),
      notReady.length === 0
        ? isTrue('MachinesReady')
        : isFalse(
            'MachinesReady',
            'MachinesNotReady',
            'Info',
            `${String(notReady.length)} of ${String(machines.length)} machines are not ready`,
          ),
    );
    const sum = summary(set, ['MachinesCreated', 'Resized', 'MachinesReady']);
    if (sum) setConditions(set, now, sum);
  }
}

/** Machines marked for deletion first, then failed ones, then the newest. */
function deletionOrder(machines: readonly Machine[]): Machine[] {
  const rank = (m: Machine): number =>
    annotations.deleteMachine in (m.metadata.annotations ?? {}) ? 0 : m.status?.failureReason !== undefined ? 1 : 2;
  const age = (m: Machine): string => m.metadata.creationTimestamp ?? '';
  return [...machines].sort((a, b) => rank(a) - rank(b) || (age(a) < age(b) ? 1 : -1));
}
