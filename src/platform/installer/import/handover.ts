import { GlobalctlError } from '../../../base/index.ts';
import {
  fieldAt,
  IMPORTED_LABEL,
  isKubeReason,
  PLATFORM_NAMESPACE,
  resources,
  type KubeClient,
  type KubeObject,
} from '../../../kube/index.ts';
import { GLOBAL } from '../payload.ts';
import type { ImportMethod } from './import-item.ts';

const ref = { name: GLOBAL, namespace: PLATFORM_NAMESPACE };

/** On Cluster `global`: how its objects are to be imported. `etcdctl` when absent. */
export const METHOD_ANNOTATION = 'installer.cpaas.io/import-method';

/** On the source's Cluster: how far the import is, see `MoveState`. */
export const STATE_ANNOTATION = 'installer.cpaas.io/import-state';

/** On the source's Cluster: where the backup lies that was written first. */
export const BACKUP_ANNOTATION = 'installer.cpaas.io/import-backup';

/**
 * Whose the cluster's objects are. They are the target's from the one write on that releases its Cluster, and the source's until
 * then. The source's Cluster says how far that is; each state is written on the version of it that was looked at:
 * none or `moving`: no release can be under way; `handing-over`: one may be; `withdrawing`: none begins any more, one may be
 * under way; `withdrawn`: none will ever be; `handed-over`: it is done.
 */
export type MoveState = (typeof moveStates)[number];

const moveStates = ['moving', 'handing-over', 'handed-over', 'withdrawing', 'withdrawn'] as const;

export async function sourceCluster(source: KubeClient, signal?: AbortSignal): Promise<KubeObject> {
  return await source.get(resources.clusters, ref, signal);
}

export function stateOf(cluster: KubeObject): MoveState | undefined {
  const state = cluster.metadata.annotations?.[STATE_ANNOTATION];
  return moveStates.find((s) => s === state);
}

/** The method that the Cluster asks for. Throws IMPORT_REFUSED for any other word. */
export function methodOf(cluster: KubeObject): ImportMethod {
  const method = cluster.metadata.annotations?.[METHOD_ANNOTATION] ?? 'etcdctl';
  if (method === 'etcdctl' || method === 'kubectl') return method;
  throw new GlobalctlError('IMPORT_REFUSED', {
    message: 'the Cluster asks for a way to be imported that there is not',
    subject: `Cluster ${PLATFORM_NAMESPACE}/${GLOBAL}, annotation ${METHOD_ANNOTATION}`,
    expected: 'etcdctl or kubectl',
    found: method,
    hint: `Correct the annotation: kubectl -n ${PLATFORM_NAMESPACE} annotate cluster ${GLOBAL} ${METHOD_ANNOTATION}=etcdctl --overwrite`,
  });
}

/** Throws IMPORT_WITHDRAWN for a Cluster whose import was given up. */
export function requireWanted(cluster: KubeObject): void {
  const state = stateOf(cluster);
  if (state === 'withdrawn' || state === 'withdrawing')
    throw new GlobalctlError('IMPORT_WITHDRAWN', {
      message: 'the import was withdrawn: the objects belong to the bootstrap cluster',
      subject: `Cluster ${PLATFORM_NAMESPACE}/${GLOBAL}, annotation ${STATE_ANNOTATION}`,
      found: state,
    });
}

/** Changes the Cluster as it was looked at. Throws KUBE_API (Conflict) when it has changed since. */
async function change(
  client: KubeClient,
  cluster: KubeObject,
  body: { readonly metadata?: Readonly<Record<string, unknown>>; readonly spec?: unknown },
  signal?: AbortSignal,
): Promise<KubeObject> {
  const { resourceVersion } = cluster.metadata;
  const merged = { ...body, metadata: { ...body.metadata, resourceVersion } };
  return await client.patch(resources.clusters, ref, { type: 'merge', body: merged }, { signal });
}

/** Stops the source's controllers from touching the cluster's objects, and says that they are on their way. */
export async function pauseSource(
  source: KubeClient,
  cluster: KubeObject,
  backup: string,
  signal?: AbortSignal,
): Promise<void> {
  requireWanted(cluster);
  const state = stateOf(cluster) === 'handing-over' ? 'handing-over' : 'moving';
  const annotations = { [STATE_ANNOTATION]: state, [BACKUP_ANNOTATION]: backup };
  if (Object.entries(annotations).every(([k, v]) => cluster.metadata.annotations?.[k] === v) && isPaused(cluster))
    return;
  await change(source, cluster, { metadata: { annotations }, spec: { paused: true } }, signal);
}

/**
 * Hands the objects over: the source says so first, then the target's Cluster is released. The target's Cluster is looked at
 * before the source's, and released as it was then: whoever withdraws changes the source and then the target, and so is either
 * seen here or makes the release fail. Throws IMPORT_WITHDRAWN, and KUBE_API (Conflict) when somebody else decides meanwhile.
 */
export async function handOver(source: KubeClient, target: KubeClient, signal?: AbortSignal): Promise<void> {
  const copy = await target.get(resources.clusters, ref, signal);
  const before = await sourceCluster(source, signal);
  requireWanted(before);
  if (!isPaused(before))
    throw new GlobalctlError('INSTALLER_NOT_READY', {
      message: 'somebody has released the Cluster while its objects were imported; they are imported again',
      subject: `Cluster ${PLATFORM_NAMESPACE}/${GLOBAL}`,
    });
  if (stateOf(before) !== 'handing-over') await setState(source, before, 'handing-over', signal);
  const annotations = { [STATE_ANNOTATION]: null, [BACKUP_ANNOTATION]: null, [METHOD_ANNOTATION]: null };
  const metadata = { annotations, labels: { [IMPORTED_LABEL]: '' } };
  await change(target, copy, { metadata, spec: { paused: false } }, signal);
  await recordHandedOver(source, signal);
}

/** For a target that is released: an interrupted hand-over, or an interrupted withdrawal, ends here. */
export async function recordHandedOver(source: KubeClient, signal?: AbortSignal): Promise<void> {
  const cluster = await sourceCluster(source, signal);
  if (stateOf(cluster) !== 'handed-over') await setState(source, cluster, 'handed-over', signal);
}

/**
 * Gives the import up, so that no release can come any more. The target must answer only when one may be under way: its Cluster
 * is then changed, which makes that fail. Throws IMPORT_HANDED_OVER when the target has been released.
 */
export async function withdraw(source: KubeClient, target: KubeClient, signal?: AbortSignal): Promise<void> {
  const before = await sourceCluster(source, signal);
  const state = stateOf(before);
  if (state === 'withdrawn') return;
  if (state === undefined || state === 'moving') {
    await setState(source, before, 'withdrawn', signal);
    return;
  }
  if (state === 'handing-over') await setState(source, before, 'withdrawing', signal);
  const copy = await target.find(resources.clusters, ref, signal);
  if (state === 'handed-over' || (copy !== undefined && !isPaused(copy))) {
    await recordHandedOver(source, signal);
    throw new GlobalctlError('IMPORT_HANDED_OVER', {
      message: 'the objects belong to the new cluster, whose controllers work on them',
      subject: `Cluster ${PLATFORM_NAMESPACE}/${GLOBAL} of the new cluster`,
    });
  }
  if (copy) await setState(target, copy, 'withdrawn', signal);
  await setState(source, await sourceCluster(source, signal), 'withdrawn', signal);
}

/** Gives the objects back to the source's controllers, once the import is withdrawn. */
export async function resumeSource(source: KubeClient, signal?: AbortSignal): Promise<void> {
  const cluster = await sourceCluster(source, signal);
  if (stateOf(cluster) !== 'withdrawn' || !isPaused(cluster)) return;
  const metadata = { annotations: { [BACKUP_ANNOTATION]: null } };
  await change(source, cluster, { metadata, spec: { paused: false } }, signal);
}

async function setState(
  client: KubeClient,
  cluster: KubeObject,
  state: MoveState,
  signal: AbortSignal | undefined,
): Promise<void> {
  await change(client, cluster, { metadata: { annotations: { [STATE_ANNOTATION]: state } } }, signal);
}

export function isPaused(cluster: KubeObject): boolean {
  return fieldAt(cluster, 'spec', 'paused') === true;
}

/** Whether the target has been given the objects for good: it may have changed them since, and nothing is copied again. */
export async function isReleased(target: KubeClient, signal?: AbortSignal): Promise<boolean> {
  try {
    const cluster = await target.find(resources.clusters, ref, signal);
    return cluster?.metadata.labels?.[IMPORTED_LABEL] !== undefined && !isPaused(cluster);
  } catch (error) {
    // The kind is not served yet.
    if (isKubeReason(error, 'NotFound')) return false;
    throw error;
  }
}
