import { resources } from '../../kube/index.ts';
import type { DaemonSet, Node, Pod, PodSpec, Toleration } from '../core-types.ts';
import { availablePods } from './availability.ts';
import { RevisionHistory } from './controller-revisions.ts';
import { templateHash } from './ownership.ts';
import { isActive, isReady, livePodsOf, omitZero, podsOf, writeStatus, type Reconciler } from './reconciler.ts';
import { createPod, deletePod, podOwnerKeys } from './replica-set.ts';
import { resolveCount } from './rolling-update.ts';
import { nodeIsWanted, untoleratedTaint } from './scheduling.ts';
import { Waits } from './waits.ts';

const HASH_LABEL = 'controller-revision-hash';

/** What every daemon tolerates, so that it runs where nothing else may yet. */
const daemonTolerations: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];

function daemonSpec(template: PodSpec, nodeName: string): PodSpec {
  const extra: Toleration[] = [...daemonTolerations];
  if (template.hostNetwork === true)
    extra.push({ key: 'node.kubernetes.io/network-unavailable', operator: 'Exists', effect: 'NoSchedule' });
  return {
    ...template,
    tolerations: [...(template.tolerations ?? []), ...extra],
    affinity: {
      ...template.affinity,
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] }],
        },
      },
    },
  };
}

/** The node that a daemon's Pod was made for, whether or not it has been bound yet. */
function targetOf(pod: Pod): string | undefined {
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return pod.spec.nodeName ?? terms?.[0]?.matchFields?.[0]?.values?.[0];
}

/** A node that was joined a moment ago is not ready, and daemons are what makes it so. */
function mayRunOn(spec: PodSpec, node: Node): boolean {
  const tolerations: Toleration[] = [
    ...(spec.tolerations ?? []),
    ...daemonTolerations,
    { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoSchedule' },
  ];
  return nodeIsWanted(spec, node) && untoleratedTaint(tolerations, node) === undefined;
}

/** DaemonSet -> one Pod for each fitting node; rolling update by maxUnavailable. */
export function daemonSetReconciler(): Reconciler {
  const known = new Set<string>();
  const history = new RevisionHistory();
  const waits = new Waits();
  return {
    resource: resources.daemonSets,
    watches: [
      { resource: resources.pods, mapToKeys: podOwnerKeys('DaemonSet') },
      { resource: resources.nodes, mapToKeys: () => [...known] },
    ],
    reconcile: async (context, key, stores) => {
      const set = stores.get<DaemonSet>(resources.daemonSets, key);
      if (!set) {
        known.delete(key);
        waits.forget(key);
        return;
      }
      known.add(key);
      if (set.metadata.deletionTimestamp !== undefined) return;
      const { template } = set.spec;
      // A set of the other kind may have this name and this template, and revisions of both have names of one kind.
      const hash = templateHash(['DaemonSet', template]);
      const live = new Set(podsOf(stores, set).map((pod) => pod.metadata.labels?.[HASH_LABEL] ?? ''));
      await history.record(context, set, {
        hash,
        hashLabel: HASH_LABEL,
        template,
        live,
        limit: set.spec.revisionHistoryLimit,
      });
      const nodes = stores
        .all<Node>(resources.nodes)
        .filter((node) => node.metadata.deletionTimestamp === undefined && mayRunOn(template.spec, node))
        .map((node) => node.metadata.name ?? '');
      const wrong = (pods: readonly Pod[]): { missing: string[]; excess: Pod[] } => {
        const seen = new Set<string>();
        const excess: Pod[] = [];
        for (const pod of pods) {
          const node = targetOf(pod) ?? '';
          if (!nodes.includes(node) || seen.has(node) || !isActive(pod)) excess.push(pod);
          else seen.add(node);
        }
        return { missing: nodes.filter((node) => !seen.has(node)), excess };
      };
      const present = (pods: readonly Pod[]): Pod[] =>
        pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
      let pods = present(podsOf(stores, set));
      const difference = wrong(pods);
      if (difference.missing.length > 0 || difference.excess.length > 0) {
        pods = present(await livePodsOf(context, set));
        const { missing, excess } = wrong(pods);
        for (const pod of excess) await deletePod(context, set, pod);
        for (const node of missing)
          await createPod(context, set, template, {
            labels: { [HASH_LABEL]: hash },
            spec: daemonSpec(template.spec, node),
          });
        pods = pods.filter((pod) => !excess.includes(pod));
      }
      const current = pods.filter((pod) => pod.metadata.labels?.[HASH_LABEL] === hash);
      const { minReadySeconds } = set.spec;
      const { available, again } = availablePods(pods, { minReadySeconds, of: key, waits, context });
      if (set.spec.updateStrategy?.type !== 'OnDelete') {
        const outdated = pods.filter((pod) => !current.includes(pod));
        const limit = resolveCount(set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, nodes.length, 'up');
        const mayGo = Math.max(0, limit - (nodes.length - available.length));
        const broken = outdated.filter((pod) => !available.includes(pod));
        const fine = outdated.filter((pod) => available.includes(pod));
        for (const pod of [...broken, ...fine.slice(0, mayGo)]) await deletePod(context, set, pod);
      }
      await writeStatus(context, resources.daemonSets, set, {
        observedGeneration: set.metadata.generation ?? 1,
        currentNumberScheduled: pods.length,
        desiredNumberScheduled: nodes.length,
        numberMisscheduled: 0,
        numberReady: pods.filter(isReady).length,
        ...omitZero({
          updatedNumberScheduled: current.length,
          numberAvailable: available.length,
          numberUnavailable: nodes.length - available.length,
        }),
      });
      return again;
    },
  };
}
