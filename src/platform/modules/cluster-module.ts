import { isDeepStrictEqual } from 'node:util';
import { fieldAt, resources, type Condition, type KubeClient, type KubeObject } from '../../kube/index.ts';
import { moduleOf } from './objects.ts';

/** The module whose health is the platform's; it stands apart from the others in the status. */
const BASE = 'base';

export type DeployStatus = 'Completed' | 'Processing' | 'Failed';

interface Deployment {
  readonly deployStatus: DeployStatus;
  readonly deployedVersion?: string;
  /** Empty when there is nothing to say. */
  readonly reason: string;
  readonly lastTransitionTime: string;
}

function deployStatus(phase: unknown): DeployStatus {
  return phase === 'Running' ? 'Completed' : phase === 'Failed' ? 'Failed' : 'Processing';
}

/** What a cluster's modules amount to, with the times of `old` where nothing changed. */
export function clusterModuleStatus(
  infos: readonly KubeObject[],
  old: KubeObject | undefined,
  now: string,
): Record<string, unknown> {
  const modules = infos
    .map((info) => ({ name: moduleOf(info)?.module ?? '', info }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const deployment = (info: KubeObject, before: unknown): Deployment => {
    const status = deployStatus(fieldAt(info, 'status', 'phase'));
    const version = fieldAt(info, 'status', 'version');
    const reason = fieldAt(info, 'status', 'reason');
    const since = fieldAt(before, 'lastTransitionTime');
    return {
      deployStatus: status,
      ...(typeof version === 'string' && { deployedVersion: version }),
      reason: typeof reason === 'string' ? reason : '',
      lastTransitionTime: fieldAt(before, 'deployStatus') === status && typeof since === 'string' ? since : now,
    };
  };
  const oldAddons = fieldAt(old, 'status', 'addons');
  const addonBefore = (name: string): unknown =>
    (Array.isArray(oldAddons) ? (oldAddons as unknown[]) : []).find((a) => fieldAt(a, 'name') === name);
  const base = modules.find((m) => m.name === BASE);
  const conditions = modules.map(({ name, info }) => condition(name, info, old, now));
  const baseVersion = fieldAt(base?.info, 'status', 'version');
  return {
    ...(typeof baseVersion === 'string' && { version: baseVersion }),
    ...(base && { base: deployment(base.info, fieldAt(old, 'status', 'base')) }),
    addons: modules
      .filter((m) => m.name !== BASE)
      .map(({ name, info }) => ({ name, ...deployment(info, addonBefore(name)) })),
    conditions,
  };
}

function condition(name: string, info: KubeObject, old: KubeObject | undefined, now: string): Condition {
  const phase = fieldAt(info, 'status', 'phase');
  const reason = fieldAt(info, 'status', 'reason');
  const status = phase === 'Running' ? 'True' : 'False';
  const type = `${name}Ready`;
  const conditions = fieldAt(old, 'status', 'conditions');
  const before = (Array.isArray(conditions) ? (conditions as Condition[]) : []).find((c) => c.type === type);
  return {
    type,
    status,
    reason: typeof phase === 'string' ? phase : 'Pending',
    message: typeof reason === 'string' ? reason : '',
    lastTransitionTime: before?.status === status ? (before.lastTransitionTime ?? now) : now,
  };
}

/** Kubernetes writes whole seconds. */
function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Writes `ClusterModule/<cluster>`, made when it does not exist, unless it says so already. */
export async function writeClusterModule(options: {
  readonly client: KubeClient;
  readonly cluster: string;
  readonly infos: readonly KubeObject[];
  readonly nowMs: number;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { client, cluster, infos, nowMs, signal } = options;
  const resource = resources.clusterModules;
  const ref = { name: cluster };
  const empty: KubeObject = {
    apiVersion: 'cluster.alauda.io/v1alpha2',
    kind: 'ClusterModule',
    metadata: ref,
    spec: {},
  };
  const present = (await client.find(resource, ref, signal)) ?? (await client.create(resource, empty, { signal }));
  const status = clusterModuleStatus(infos, present, timestamp(nowMs));
  if (isDeepStrictEqual(present['status'], status)) return;
  // A merge leaves out what it does not name: a module that is gone is named.
  const gone = { version: null, base: null };
  const body = { status: { ...gone, ...status } };
  await client.patch(resource, ref, { type: 'merge', body, subresource: 'status' }, { signal });
}
