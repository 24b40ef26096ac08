import { isDeepStrictEqual } from 'node:util';
import {
  conditionsOf,
  fieldAt,
  resources,
  type Condition,
  type KubeClient,
  type KubeObject,
} from '../../kube/index.ts';

export type ChartPhase = 'Pending' | 'Installing' | 'Success' | 'Failed';

/** `status.charts[]` of an AppRelease. */
export interface ChartStatus {
  name: string;
  releaseName: string;
  phase: ChartPhase;
  targetRevision: string;
  /** The chart version that stands in the cluster; kept while an upgrade is under way or has failed. */
  installedRevision?: string;
  /** Helm's own revision number. */
  revision?: number;
  message?: string;
  lastDeployedTime?: string;
}

/** What the operator states; everything is written, so that nothing old stays. */
export interface AppReleaseStatus {
  phase: ChartPhase;
  observedGeneration: number;
  charts: ChartStatus[];
  /** Empty when there is none. */
  lastError: string;
  ready: { readonly status: Condition['status']; readonly reason: string; readonly message: string };
}

export function chartStatuses(object: KubeObject): ChartStatus[] {
  const charts = fieldAt(object, 'status', 'charts');
  return Array.isArray(charts) ? (charts as ChartStatus[]) : [];
}

/** Writes the status unless it stands already so. `nowMs` stamps a condition that changes. */
export async function writeStatus(
  client: KubeClient,
  object: KubeObject,
  status: AppReleaseStatus,
  options: { readonly nowMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const { ready, ...rest } = status;
  const old = conditionsOf(object).find((condition) => condition.type === 'Ready');
  const time = new Date(options.nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const condition: Condition = {
    type: 'Ready',
    ...ready,
    observedGeneration: status.observedGeneration,
    lastTransitionTime: old?.status === ready.status ? (old.lastTransitionTime ?? time) : time,
  };
  const body = { ...rest, conditions: [condition] };
  const live = object['status'] as Record<string, unknown> | undefined;
  if (
    live &&
    Object.entries(body).every(([key, value]) => isDeepStrictEqual(live[key], JSON.parse(JSON.stringify(value))))
  )
    return;
  await client.patch(
    resources.appReleases,
    { name: object.metadata.name ?? '', namespace: object.metadata.namespace },
    { type: 'merge', body: { status: body }, subresource: 'status' },
    { signal: options.signal },
  );
}
