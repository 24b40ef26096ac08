import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { resources, type ObjectKey, type ReconcileResult } from '../../../kube/index.ts';
import {
  annotations,
  beingDeleted,
  controllerOf,
  controllerReference,
  ensureOwner,
  formatSelector,
  isFalse,
  isPaused,
  isTrue,
  labels,
  ownerKeys,
  ownerReference,
  saveChanges,
  setConditions,
  summary,
  type Cluster,
  type ControllerEnvironment,
  type MachineDeployment,
  type MachineSet,
  type MachineTemplate,
  type Reconciler,
} from '../kit/index.ts';

/** The MachineDeployment controller: one MachineSet per template, rolled over within maxSurge and maxUnavailable. */
export class MachineDeploymentReconciler implements Reconciler {
  readonly name = 'machinedeployment';
  readonly resource = resources.machineDeployments;
  readonly watches = [{ resource: resources.machineSets, mapToKeys: ownerKeys('MachineDeployment') }];
  readonly #environment: ControllerEnvironment;

  constructor(environment: ControllerEnvironment) {
    this.#environment = environment;
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const { client, signal } = this.#environment;
    const before = await client.find<MachineDeployment>(resources.machineDeployments, key, signal);
    if (!before) return;
    const { namespace = '' } = before.metadata;
    const cluster = await client.find<Cluster>(
      resources.clusters,
      { name: before.spec.clusterName, namespace },
      signal,
    );
    if (!cluster || isPaused(cluster, before) || beingDeleted(before) || before.spec.paused === true) return;
    const deployment = structuredClone(before);
    applyDefaults(deployment);
    if (!controllerOf(deployment)) ensureOwner(deployment, ownerReference(cluster));

    const sets = await this.#sets(deployment);
    const current =
      sets.find((s) => sameTemplate(s.spec.template, deployment.spec.template)) ??
      (await this.#createSet(deployment, sets));
    const old = sets.filter((s) => s !== current);
    for (const [set, replicas] of plan(deployment, current, old)) {
      const { name = '' } = set.metadata;
      await client.patch(resources.machineSets, { name, namespace }, { type: 'merge', body: { spec: { replicas } } });
      set.spec.replicas = replicas;
    }
    this.#writeStatus(deployment, current, old);
    await saveChanges(client, resources.machineDeployments, before, deployment);
  }

  async #sets(deployment: MachineDeployment): Promise<MachineSet[]> {
    const { client, signal } = this.#environment;
    const { namespace, name } = deployment.metadata;
    const { items } = await client.list<MachineSet>(resources.machineSets, { namespace, signal });
    const mine: MachineSet[] = [];
    for (const set of items) {
      const owner = controllerOf(set);
      if (owner?.kind !== 'MachineDeployment' || owner.name !== name || beingDeleted(set)) continue;
      const after = structuredClone(set);
      ensureOwner(after, controllerReference(deployment));
      mine.push(await saveChanges(client, resources.machineSets, set, after));
    }
    return mine;
  }

  async #createSet(deployment: MachineDeployment, sets: readonly MachineSet[]): Promise<MachineSet> {
    const { client, signal } = this.#environment;
    const { namespace, name = '' } = deployment.metadata;
    const { template, clusterName, selector } = deployment.spec;
    const hash = templateHash(template);
    const own = { ...template.metadata?.labels, [labels.templateHash]: hash };
    const set: MachineSet = {
      apiVersion: 'cluster.x-k8s.io/v1beta1',
      kind: 'MachineSet',
      metadata: {
        name: `${name}-${hash}`,
        ...(namespace !== undefined && { namespace }),
        labels: { ...own, [labels.clusterName]: clusterName, [labels.deploymentName]: name },
        annotations: { [annotations.revision]: String(sets.length + 1) },
        ownerReferences: [controllerReference(deployment)],
      },
      spec: {
        clusterName,
        // The first set starts at once; one of a rollout grows only as the plan allows.
        replicas: sets.length === 0 ? (deployment.spec.replicas ?? 1) : 0,
        selector: { matchLabels: { ...selector.matchLabels, [labels.templateHash]: hash } },
        template: { ...template, metadata: { ...template.metadata, labels: own } },
      },
    };
    return await client.create(resources.machineSets, set, { signal });
  }

  #writeStatus(deployment: MachineDeployment, current: MachineSet, old: readonly MachineSet[]): void {
    const now = this.#environment.clock.now();
    const all = [current, ...old];
    const sum = (pick: (s: MachineSet) => number | undefined): number => all.reduce((n, s) => n + (pick(s) ?? 0), 0);
    const wanted = deployment.spec.replicas ?? 1;
    const replicas = sum((s) => s.status?.replicas);
    const availableReplicas = sum((s) => s.status?.availableReplicas);
    const updatedReplicas = current.status?.replicas ?? 0;
    const unavailableReplicas = Math.max(0, Math.max(wanted, replicas) - availableReplicas);
    deployment.status = {
      ...deployment.status,
      replicas,
      updatedReplicas,
      readyReplicas: sum((s) => s.status?.readyReplicas),
      availableReplicas,
      unavailableReplicas,
      selector: formatSelector(deployment.spec.selector),
      observedGeneration: deployment.metadata.generation ?? 1,
      phase:
        replicas > wanted
          ? 'ScalingDown'
          : replicas < wanted || availableReplicas < wanted || updatedReplicas < wanted
            ? 'ScalingUp'
            : 'Running',
    };
    const { maxUnavailable } = rollingLimits(deployment);
    setConditions(
      deployment,
      now,
      availableReplicas >= wanted - maxUnavailable && (availableReplicas > 0 || wanted === 0)
        ? isTrue('Available')
        : isFalse(
            'Available',
            'WaitingForAvailableMachines',
            'Warning',
            `Minimum availability requires ${String(wanted - maxUnavailable)} replicas, current ${String(availableReplicas)} available`,
          ),
      current.status?.replicas === wanted
        ? isTrue('MachineSetReady')
        : isFalse(
            'MachineSetReady',
            'ScalingUp',
            'Info',
            `Scaling up MachineSet to ${String(wanted)} replicas (actual ${String(current.status?.replicas ?? 0)})`,
          ),
    );
    const ready = summary(deployment, ['MachineSetReady', 'Available']);
    if (ready) setConditions(deployment, now, ready);
  }
}

/** What Cluster API's defaulting webhook fills in: an empty selector becomes the deployment's own labels. */
export function applyDefaults(deployment: MachineDeployment): void {
  const { spec, metadata } = deployment;
  const own = { [labels.clusterName]: spec.clusterName, [labels.deploymentName]: metadata.name ?? '' };
  metadata.labels = { ...metadata.labels, [labels.clusterName]: spec.clusterName };
  const stated = spec.selector.matchLabels ?? {};
  const matchLabels = Object.keys(stated).length === 0 ? own : { ...stated, ...own };
  spec.selector = { ...spec.selector, matchLabels };
  spec.template.metadata = {
    ...spec.template.metadata,
    labels: { ...spec.template.metadata?.labels, ...own },
  };
  spec.replicas ??= 1;
}

function absolute(
  value: number | string | undefined,
  of: number,
  fallback: number,
  round: (n: number) => number,
): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number') return value;
  return value.endsWith('%') ? round((of * Number(value.slice(0, -1))) / 100) : Number(value);
}

export function rollingLimits(deployment: MachineDeployment): { maxSurge: number; maxUnavailable: number } {
  const wanted = deployment.spec.replicas ?? 1;
  const { maxSurge, maxUnavailable } = deployment.spec.strategy?.rollingUpdate ?? {};
  const limits = {
    maxSurge: absolute(maxSurge, wanted, 1, Math.ceil),
    maxUnavailable: absolute(maxUnavailable, wanted, 0, Math.floor),
  };
  // Both zero would never move; Kubernetes takes one unavailable then.
  return limits.maxSurge === 0 && limits.maxUnavailable === 0 ? { maxSurge: 0, maxUnavailable: 1 } : limits;
}

/** The replica counts to set now, so that a rollout neither exceeds the surge nor takes too many machines away. */
export function plan(
  deployment: MachineDeployment,
  current: MachineSet,
  old: readonly MachineSet[],
): [MachineSet, number][] {
  const wanted = deployment.spec.replicas ?? 1;
  const changes: [MachineSet, number][] = [];
  const size = (s: MachineSet): number => s.spec.replicas ?? 0;
  const oldExisting = old.reduce((n, s) => n + Math.max(size(s), s.status?.replicas ?? 0), 0);
  const { maxSurge, maxUnavailable } = rollingLimits(deployment);
  const room = wanted + maxSurge - oldExisting;
  const grown = oldExisting === 0 ? wanted : Math.max(size(current), Math.min(wanted, room));
  if (grown !== size(current)) changes.push([current, Math.max(0, grown)]);
  const available = [current, ...old].reduce((n, s) => n + (s.status?.availableReplicas ?? 0), 0);
  const leaving = old.reduce((n, s) => n + Math.max(0, (s.status?.replicas ?? 0) - size(s)), 0);
  let spare = available - leaving - (wanted - maxUnavailable);
  for (const set of old) {
    if (size(set) === 0) continue;
    const down = Math.min(size(set), Math.max(0, spare));
    if (down === 0) continue;
    spare -= down;
    changes.push([set, size(set) - down]);
  }
  return changes;
}

/** In-place fields (timeouts, labels of metadata) would not roll machines out; the rest of the template does. */
function rolloutFields(template: MachineTemplate): unknown {
  const { nodeDrainTimeout: _a, nodeDeletionTimeout: _b, nodeVolumeDetachTimeout: _c, ...spec } = template.spec;
  return spec;
}

function sameTemplate(a: MachineTemplate, b: MachineTemplate): boolean {
  return isDeepStrictEqual(rolloutFields(a), rolloutFields(b));
}

/** Ten characters of the Kubernetes name alphabet, from the template alone. */
function templateHash(template: MachineTemplate): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
  const digest = createHash('sha256')
    .update(JSON.stringify(rolloutFields(template)))
    .digest();
  return Array.from(digest.subarray(0, 10), (byte) => alphabet[byte % alphabet.length]).join('');
}
