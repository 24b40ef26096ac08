import {
  conditionsOf,
  resources,
  storeKey,
  type Condition,
  type ReconcileResult,
  type Resource,
} from '../../kube/index.ts';
import { systemClock } from '../../base/index.ts';
import type { Deployment, ReplicaSet } from '../core-types.ts';
import { timestamp, withCondition } from './conditions.ts';
import { controllerOf, controllerRef, isControlledBy, sameJson, templateHash } from './ownership.ts';
import { omitZero, podsOf, refOf, writeStatus, type ControllerContext, type Reconciler } from './reconciler.ts';
import { nextSizes, resolveCount } from './rolling-update.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';
const HASH_LABEL = 'pod-template-hash';

/** A Deployment whose rollout has stood still for its progress deadline; kept by the controller, which alone measures it. */
interface Progress {
  fingerprint: string;
  expired: boolean;
}

/** Deployment -> ReplicaSets: revisions, rolling update and recreate, scaling, conditions that `rollout status` reads. */
export function deploymentReconciler(): Reconciler {
  const progress = new Map<string, Progress>();
  const ownerKey = (object: Parameters<typeof controllerOf>[0]): string[] => {
    const owner = controllerOf(object);
    return owner?.kind === 'Deployment' ? [`${object.metadata.namespace ?? ''}/${owner.name}`] : [];
  };
  return {
    resource: resources.deployments,
    watches: [{ resource: resources.replicaSets, mapToKeys: ownerKey }],
    reconcile: async (context, key, stores) => {
      const deployment = stores.get<Deployment>(resources.deployments, key);
      if (!deployment || deployment.metadata.deletionTimestamp !== undefined) return;
      const owned = stores
        .all<ReplicaSet>(resources.replicaSets)
        .filter((set) => isControlledBy(set, deployment) && set.metadata.deletionTimestamp === undefined)
        .sort((a, b) => revisionOf(a) - revisionOf(b));
      const hash = templateHash(deployment.spec.template);
      let fresh = owned.find((set) => set.metadata.labels?.[HASH_LABEL] === hash);
      const old = owned.filter((set) => set !== fresh);
      const revision = Math.max(0, ...old.map(revisionOf)) + 1;

      if (!fresh && deployment.spec.paused !== true)
        fresh = await createReplicaSet(context, deployment, { hash, revision });
      const number = String(fresh ? Math.max(revision, revisionOf(fresh)) : revision);
      if (fresh && deployment.spec.paused !== true) await bringUpToDate(context, deployment, fresh, number);
      if (fresh) await annotate(context, resources.deployments, deployment, { [REVISION]: number });

      const oldPods = old.reduce((sum, set) => sum + podsOf(stores, set).length, 0);
      const sizes = wantedSizes(deployment, { fresh, old, oldPods });
      for (const set of owned.includes(fresh as ReplicaSet) || !fresh ? owned : [...owned, fresh]) {
        const wanted = sizes.get(set.metadata.name ?? '');
        if (wanted !== undefined && wanted !== (set.spec.replicas ?? 0)) await scale(context, deployment, set, wanted);
      }
      await removeHistory(context, deployment, old);
      return await writeDeploymentStatus(context, deployment, { fresh, all: owned, progress });
    },
  };
}

function revisionOf(object: { metadata: { annotations?: Record<string, string> } }): number {
  return Number(object.metadata.annotations?.[REVISION] ?? 0);
}

async function createReplicaSet(
  context: ControllerContext,
  deployment: Deployment,
  { hash, revision }: { hash: string; revision: number },
): Promise<ReplicaSet> {
  const { template, selector, replicas = 1, minReadySeconds = 0 } = deployment.spec;
  const name = `${deployment.metadata.name ?? ''}-${hash}`;
  const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
  // Nothing runs before its size has been decided, except on the first rollout, where there is nothing to wait for.
  const first = revision === 1;
  const standing = await context.client.find<ReplicaSet>(
    resources.replicaSets,
    { name, namespace: deployment.metadata.namespace },
    context.signal,
  );
  // The informer has not shown yet what the last reconcile made.
  if (standing && isControlledBy(standing, deployment)) return standing;
  const created = await context.client.create<ReplicaSet>(
    resources.replicaSets,
    {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name,
        namespace: deployment.metadata.namespace ?? '',
        labels,
        annotations: inherited(deployment, String(revision)),
        ownerReferences: [controllerRef(deployment)],
      },
      spec: {
        replicas: first ? replicas : 0,
        ...(minReadySeconds > 0 && { minReadySeconds }),
        selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    },
    { signal: context.signal },
  );
  if (first && replicas > 0)
    context.events.normal(
      deployment,
      'ScalingReplicaSet',
      `Scaled up replica set ${name} from 0 to ${String(replicas)}`,
    );
  return created;
}

/** What a ReplicaSet does not take over from its Deployment: what each keeps for itself. */
const OWN_ANNOTATIONS = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  'deployment.kubernetes.io/revision-history',
  REVISION,
  DESIRED,
  MAX_REPLICAS,
]);

/** The annotations of the newest ReplicaSet: its Deployment's, among them the change cause of `rollout history`, and the sizes. */
function inherited(deployment: Deployment, revision: string): Record<string, string> {
  const own = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !OWN_ANNOTATIONS.has(key));
  return { ...Object.fromEntries(own), [REVISION]: revision, ...sizeAnnotations(deployment) };
}

/** Sizes of the whole rollout, by which a later scaling of several ReplicaSets is shared out. */
function sizeAnnotations(deployment: Deployment): Record<string, string> {
  const { replicas = 1, strategy } = deployment.spec;
  const surge = strategy?.type === 'Recreate' ? 0 : resolveCount(strategy?.rollingUpdate?.maxSurge, replicas, 'up');
  return { [DESIRED]: String(replicas), [MAX_REPLICAS]: String(replicas + surge) };
}

/** What the newest ReplicaSet has of its Deployment outside the template. */
async function bringUpToDate(
  context: ControllerContext,
  deployment: Deployment,
  set: ReplicaSet,
  revision: string,
): Promise<void> {
  await annotate(context, resources.replicaSets, set, inherited(deployment, revision));
  const { minReadySeconds = 0 } = deployment.spec;
  if ((set.spec.minReadySeconds ?? 0) !== minReadySeconds)
    await context.client.patch(resources.replicaSets, refOf(set), {
      type: 'merge',
      body: { spec: { minReadySeconds } },
    });
}

async function annotate(
  context: ControllerContext,
  resource: Resource,
  object: Deployment | ReplicaSet,
  wanted: Readonly<Record<string, string>>,
): Promise<void> {
  const { annotations = {} } = object.metadata;
  if (Object.entries(wanted).every(([key, value]) => annotations[key] === value)) return;
  await context.client.patch(resource, refOf(object), { type: 'merge', body: { metadata: { annotations: wanted } } });
}

function wantedSizes(
  deployment: Deployment,
  sets: { fresh: ReplicaSet | undefined; old: readonly ReplicaSet[]; oldPods: number },
): Map<string, number> {
  const { replicas = 1, strategy, paused } = deployment.spec;
  const { fresh, old, oldPods } = sets;
  const sizes = new Map<string, number>();
  const nameOf = (set: ReplicaSet): string => set.metadata.name ?? '';
  if (paused === true) {
    const active = [...old, ...(fresh ? [fresh] : [])].filter((set) => (set.spec.replicas ?? 0) > 0);
    const [only] = active;
    if (active.length === 1 && only) sizes.set(nameOf(only), replicas);
    return sizes;
  }
  if (!fresh) return sizes;
  if (strategy?.type === 'Recreate') {
    for (const set of old) sizes.set(nameOf(set), 0);
    if (oldPods === 0) sizes.set(nameOf(fresh), replicas);
    return sizes;
  }
  const available = (set: ReplicaSet): number => set.status?.availableReplicas ?? 0;
  const next = nextSizes({
    replicas,
    maxSurge: resolveCount(strategy?.rollingUpdate?.maxSurge, replicas, 'up'),
    maxUnavailable: resolveCount(strategy?.rollingUpdate?.maxUnavailable, replicas, 'down'),
    fresh: { desired: fresh.spec.replicas ?? 0, available: available(fresh) },
    old: old.map((set) => ({ name: nameOf(set), desired: set.spec.replicas ?? 0, available: available(set) })),
  });
  for (const [name, size] of next.old) sizes.set(name, size);
  sizes.set(nameOf(fresh), next.fresh);
  return sizes;
}

async function scale(
  context: ControllerContext,
  deployment: Deployment,
  set: ReplicaSet,
  wanted: number,
): Promise<void> {
  const from = set.spec.replicas ?? 0;
  await context.client.patch(resources.replicaSets, refOf(set), {
    type: 'merge',
    body: {
      metadata: { annotations: sizeAnnotations(deployment) },
      spec: { replicas: wanted },
    },
  });
  const direction = wanted > from ? 'up' : 'down';
  context.events.normal(
    deployment,
    'ScalingReplicaSet',
    `Scaled ${direction} replica set ${set.metadata.name ?? ''} from ${String(from)} to ${String(wanted)}`,
  );
}

async function removeHistory(
  context: ControllerContext,
  deployment: Deployment,
  old: readonly ReplicaSet[],
): Promise<void> {
  const idle = old.filter((set) => (set.spec.replicas ?? 0) === 0 && (set.status?.replicas ?? 0) === 0);
  const excess = idle.length - (deployment.spec.revisionHistoryLimit ?? 10);
  for (const set of idle.slice(0, Math.max(0, excess)))
    await context.client.delete(resources.replicaSets, refOf(set), { propagation: 'Background' });
}

/**
 * The programs of Pods start in real time, however fast the lab's clock runs: ten minutes at 2000 times the speed are less than a
 * busy machine needs for that, and Helm takes an expired deadline for the end.
 */
const REAL_PROGRESS_MS = 60_000;

async function writeDeploymentStatus(
  context: ControllerContext,
  deployment: Deployment,
  state: { fresh: ReplicaSet | undefined; all: readonly ReplicaSet[]; progress: Map<string, Progress> },
): Promise<ReconcileResult> {
  const { replicas: wanted = 1, strategy, progressDeadlineSeconds = 600 } = deployment.spec;
  const sum = (field: 'replicas' | 'readyReplicas' | 'availableReplicas'): number =>
    state.all.reduce((total, set) => total + (set.status?.[field] ?? 0), 0);
  const [replicas, ready, available] = [sum('replicas'), sum('readyReplicas'), sum('availableReplicas')];
  const updated = state.fresh?.status?.replicas ?? 0;
  const now = timestamp(context.clock);
  const maxUnavailable = resolveCount(strategy?.rollingUpdate?.maxUnavailable, wanted, 'down');
  const enough = available >= wanted - (strategy?.type === 'Recreate' ? 0 : maxUnavailable);
  const complete = updated === wanted && replicas === wanted && available === wanted;
  const name = state.fresh?.metadata.name ?? '';

  const uid = deployment.metadata.uid ?? storeKey(deployment);
  const fingerprint = JSON.stringify([deployment.metadata.generation, replicas, ready, available, updated]);
  let progress = state.progress.get(uid);
  if (complete) state.progress.delete(uid);
  else if (progress?.fingerprint !== fingerprint) {
    const begun: Progress = { fingerprint, expired: false };
    state.progress.set(uid, (progress = begun));
    Promise.all([
      context.clock.sleep(progressDeadlineSeconds * 1000, context.signal),
      systemClock.sleep(REAL_PROGRESS_MS, context.signal),
    ]).then(
      () => (begun.expired = true),
      () => undefined,
    );
  }
  const expired = !complete && progress?.expired === true;

  let conditions: (Condition & { lastUpdateTime?: string })[] = conditionsOf(deployment);
  const set = (condition: Condition): void => {
    const old = conditions.find((c) => c.type === condition.type);
    const same =
      old?.status === condition.status && old.reason === condition.reason && old.message === condition.message;
    conditions = withCondition(
      conditions,
      { ...condition, lastUpdateTime: same ? (old.lastUpdateTime ?? now) : now },
      now,
    );
  };
  set({
    type: 'Available',
    status: enough ? 'True' : 'False',
    reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: enough ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
  });
  if (deployment.spec.paused === true && !complete)
    set({ type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' });
  else if (complete)
    set({
      type: 'Progressing',
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `ReplicaSet "${name}" has successfully progressed.`,
    });
  else if (expired)
    set({
      type: 'Progressing',
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: `ReplicaSet "${name}" has timed out progressing.`,
    });
  else
    set({
      type: 'Progressing',
      status: 'True',
      reason: 'ReplicaSetUpdated',
      message: `ReplicaSet "${name}" is progressing.`,
    });

  const counts = { replicas, updatedReplicas: updated, readyReplicas: ready, availableReplicas: available };
  await writeStatus(context, resources.deployments, deployment, {
    observedGeneration: deployment.metadata.generation ?? 1,
    ...omitZero({ ...counts, unavailableReplicas: Math.max(0, wanted - available) }),
    conditions: sameJson(conditions, conditionsOf(deployment)) ? conditionsOf(deployment) : conditions,
  });
  return complete || expired ? undefined : { requeueAfterMs: progressDeadlineSeconds * 1000 + 100 };
}
