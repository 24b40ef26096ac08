import { resources } from '../../kube/index.ts';
import type { Pod, StatefulSet } from '../core-types.ts';
import { availablePods } from './availability.ts';
import { RevisionHistory } from './controller-revisions.ts';
import { templateHash } from './ownership.ts';
import { isActive, isReady, livePodsOf, omitZero, podsOf, writeStatus, type Reconciler } from './reconciler.ts';
import { createPod, deletePod, podOwnerKeys } from './replica-set.ts';
import { claimVolumes, ensureClaims } from './stateful-set-claims.ts';
import { Waits } from './waits.ts';

const HASH_LABEL = 'controller-revision-hash';

function ordinalOf(pod: Pod): number {
  return Number(/-(\d+)$/.exec(pod.metadata.name ?? '')?.[1] ?? -1);
}

/** StatefulSet -> Pods name-0, name-1 ... in order; rolling update from the highest ordinal down. */
export function statefulSetReconciler(): Reconciler {
  const history = new RevisionHistory();
  const waits = new Waits();
  return {
    resource: resources.statefulSets,
    watches: [{ resource: resources.pods, mapToKeys: podOwnerKeys('StatefulSet') }],
    reconcile: async (context, key, stores) => {
      const set = stores.get<StatefulSet>(resources.statefulSets, key);
      if (!set) waits.forget(key);
      if (!set || set.metadata.deletionTimestamp !== undefined) return;
      const { replicas = 1, template, podManagementPolicy, updateStrategy } = set.spec;
      const name = set.metadata.name ?? '';
      // A set of the other kind may have this name and this template, and revisions of both have names of one kind.
      const hash = templateHash(['StatefulSet', template]);
      const revision = `${name}-${hash}`;
      const live = new Set(
        podsOf(stores, set).map((pod) => (pod.metadata.labels?.[HASH_LABEL] ?? '').slice(name.length + 1)),
      );
      await history.record(context, set, {
        hash,
        hashLabel: 'controller.kubernetes.io/hash',
        template,
        live,
        limit: set.spec.revisionHistoryLimit,
      });
      const partition = updateStrategy?.rollingUpdate?.partition ?? 0;
      const before = (set['status'] as { currentRevision?: string } | undefined)?.currentRevision;
      const parallel = podManagementPolicy === 'Parallel';
      let pods = podsOf(stores, set);
      if (pods.length !== replicas || pods.some((pod) => !isActive(pod))) pods = await livePodsOf(context, set);
      pods.sort((a, b) => ordinalOf(a) - ordinalOf(b));

      for (const pod of pods)
        if (!isActive(pod) && pod.metadata.deletionTimestamp === undefined) await deletePod(context, set, pod);
      const { minReadySeconds } = set.spec;
      const { available, again } = availablePods(pods, { minReadySeconds, of: key, waits, context });
      for (let ordinal = 0; ordinal < replicas; ordinal++) {
        const pod = pods.find((candidate) => ordinalOf(candidate) === ordinal);
        if (!pod) {
          const podName = `${name}-${String(ordinal)}`;
          // Below the partition a Pod that went comes back as it was.
          const old =
            ordinal < partition && before !== revision ? await history.template(context, set, before) : undefined;
          const wanted = old ?? template;
          await ensureClaims(context, set, podName);
          await createPod(context, set, wanted, {
            name: podName,
            labels: {
              [HASH_LABEL]: old && before !== undefined ? before : revision,
              'statefulset.kubernetes.io/pod-name': podName,
              'apps.kubernetes.io/pod-index': String(ordinal),
            },
            spec: {
              hostname: podName,
              subdomain: set.spec.serviceName ?? '',
              ...claimVolumes(set, wanted.spec, podName),
            },
          });
        }
        // In order: the next one only when this one is ready and stays.
        if (!parallel && (!pod || !available.includes(pod) || pod.metadata.deletionTimestamp !== undefined)) break;
      }
      const excess = pods
        .filter((pod) => ordinalOf(pod) >= replicas && pod.metadata.deletionTimestamp === undefined)
        .reverse();
      for (const pod of parallel ? excess : excess.slice(0, 1)) await deletePod(context, set, pod);

      const current = pods.filter((pod) => pod.metadata.labels?.[HASH_LABEL] === revision);
      const outdated = pods.filter((pod) => !current.includes(pod) && ordinalOf(pod) < replicas);
      const settled =
        pods.length === replicas &&
        current.every((pod) => available.includes(pod)) &&
        outdated.every((pod) => isActive(pod));
      const next = outdated.filter((pod) => ordinalOf(pod) >= partition).at(-1);
      if (updateStrategy?.type !== 'OnDelete' && next && (settled || !isReady(next)) && isActive(next))
        await deletePod(context, set, next);

      const ready = pods.filter(isReady).length;
      const done = outdated.length === 0 && current.length === replicas;
      await writeStatus(context, resources.statefulSets, set, {
        observedGeneration: set.metadata.generation ?? 1,
        replicas: pods.length,
        availableReplicas: available.length,
        ...omitZero({
          readyReplicas: ready,
          currentReplicas: done ? replicas : outdated.length,
          updatedReplicas: current.length,
        }),
        currentRevision: done ? revision : (before ?? revision),
        updateRevision: revision,
        collisionCount: 0,
      });
      return again;
    },
  };
}
