import { isDeepStrictEqual } from 'node:util';
import { conditionsOf, fieldAt, resources, type Condition, type KubeObject } from '../../kube/index.ts';
import type { ReleaseRef } from '../helm/index.ts';
import type { OperatorContext } from './context.ts';

export type ChartPhase = 'Pending' | 'Installing' | 'Success' | 'Failed';

/** `status.charts[]` of an AppRelease. */
export interface ChartStatus {
  name: string;
  releaseName: string;
  /** Namespace of the Helm release. */
  namespace: string;
  phase: ChartPhase;
  targetRevision: string;
  /** Manifest of the chart that `targetRevision` stood for when it was looked up; it is what gets installed. */
  digest?: string;
  /** The chart version that stands in the cluster; kept while an upgrade is under way or has failed. */
  installedRevision?: string;
  /** Helm's own revision number. */
  revision?: number;
  message?: string;
  lastDeployedTime?: string;
}

/**
 * `Ready`: every chart stands as asked for. `ImagesAvailable`: what the charts rendered to can be pulled. `Drifted`: objects were
 * changed by others. `TagMoved`: the registry has another chart under the same version now. `DependenciesReady`.
 */
export type ConditionType = 'Ready' | 'ImagesAvailable' | 'Drifted' | 'TagMoved' | 'DependenciesReady';

export interface StatedCondition {
  readonly type: ConditionType;
  readonly status: 'True' | 'False';
  /** CamelCase. */
  readonly reason: string;
  readonly message: string;
}

/** What the operator states. */
export interface AppReleaseStatus {
  readonly phase: ChartPhase;
  readonly charts: readonly ChartStatus[];
  /** Empty when there is none. */
  readonly lastError: string;
  /** When the release was last looked after. */
  readonly lastSyncTime: string;
  /** Conditions of other types stay as they are. */
  readonly conditions: readonly StatedCondition[];
}

type Unplaced = Omit<ChartStatus, 'namespace'> & Partial<Pick<ChartStatus, 'namespace'>>;

/** `status.charts[]`; a status of an earlier version of the operator does not tell the namespace. */
export function chartStatuses(object: KubeObject): ChartStatus[] {
  const charts = fieldAt(object, 'status', 'charts');
  const namespace = object.metadata.namespace ?? 'default';
  return (Array.isArray(charts) ? (charts as Unplaced[]) : []).map((entry) => ({ namespace, ...entry }));
}

export function releaseOf({ releaseName, namespace }: ChartStatus): ReleaseRef {
  return { name: releaseName, namespace };
}

/** A moment as Kubernetes writes it. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

/**
 * Writes the parts of the status that are given, unless they stand so already. `object` is what was acted upon: its generation
 * becomes the observed one, however the spec may have changed meanwhile.
 */
export async function writeStatus(
  { client, clock, signal }: OperatorContext,
  object: KubeObject,
  status: Partial<AppReleaseStatus>,
): Promise<void> {
  const { name = '', namespace, generation = 0, uid } = object.metadata;
  const live = await client.find(resources.appReleases, { name, namespace }, signal);
  if (!live || live.metadata.uid !== uid) return;
  const { conditions = [], ...rest } = status;
  const now = timestamp(clock.now());
  const body = {
    ...rest,
    observedGeneration: generation,
    conditions: mergeConditions(conditionsOf(live), conditions, { generation, now }),
  };
  const stated = live['status'] as Record<string, unknown> | undefined;
  const stands = Object.entries(body).every(([key, value]) =>
    isDeepStrictEqual(stated?.[key], JSON.parse(JSON.stringify(value))),
  );
  if (stands) return;
  await client.patch(
    resources.appReleases,
    { name, namespace },
    { type: 'merge', body: { status: body }, subresource: 'status' },
    { signal },
  );
}

function mergeConditions(
  old: readonly Condition[],
  stated: readonly StatedCondition[],
  { generation, now }: { readonly generation: number; readonly now: string },
): Condition[] {
  const merged = new Map<string, Condition>(old.map((condition) => [condition.type, condition]));
  for (const condition of stated) {
    const before = merged.get(condition.type);
    const lastTransitionTime = before?.status === condition.status ? (before.lastTransitionTime ?? now) : now;
    merged.set(condition.type, { ...condition, observedGeneration: generation, lastTransitionTime });
  }
  return [...merged.values()];
}
