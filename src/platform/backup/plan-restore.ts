import { isDeepStrictEqual } from 'node:util';
import {
  fieldAt,
  isCounterpart,
  isKubeReason,
  resources,
  wellKnownResource,
  type KubeClient,
  type KubeObject,
  type Resource,
} from '../../kube/index.ts';
import { concurrently, contentOf, definedResource, isClusterApiGroup, withUids } from '../move/index.ts';
import type { Backup } from './read-backup.ts';

/** One object of a backup and what restoring it would do. */
export interface RestoreItem {
  readonly resource: Resource;
  readonly object: KubeObject;
  readonly statusSubresource: boolean;
  /**
   * `create`: it is not there. `same`: it is there and says the same. `change`: it is there, the same object, and says something
   * else. `conflict`: another object has its name. `skip`: the cluster makes it by itself.
   */
  readonly action: 'create' | 'same' | 'change' | 'conflict' | 'skip';
  readonly present?: KubeObject | undefined;
}

export interface RestorePlan {
  readonly items: readonly RestoreItem[];
  /** Why nothing may be restored as the cluster is: other objects of a name, a Cluster that is not paused. */
  readonly refusals: readonly string[];
}

const LOOKS = 16;

/** Looks at what each object of the backup would meet. Cluster API Clusters are restored paused. Changes nothing. */
export async function planRestore(client: KubeClient, backup: Backup, signal?: AbortSignal): Promise<RestorePlan> {
  const definitions = backup.objects.filter((o) => o.kind === 'CustomResourceDefinition');
  const defined = new Map(definitions.map(definedResource).map((d) => [d.resource.group + ' ' + d.resource.kind, d]));
  const items: RestoreItem[] = [];
  const uids = new Map<string, string>();
  await concurrently(backup.objects, LOOKS, async (original) => {
    const group = original.apiVersion.includes('/') ? original.apiVersion.replace(/\/.*/, '') : '';
    const custom = defined.get(`${group} ${original.kind}`);
    const resource = custom?.resource ?? wellKnownResource(original.apiVersion, original.kind);
    if (resource === undefined) return;
    const object = pausedIfCluster(resource, original);
    const statusSubresource = custom?.statusSubresource ?? false;
    const base = { resource, object, statusSubresource };
    if (madeByCluster(object)) {
      items.push({ ...base, action: 'skip' });
      return;
    }
    const { name = '', namespace, uid = '' } = object.metadata;
    const present = await client.find(resource, { name, namespace }, signal).catch((error: unknown) => {
      if (isKubeReason(error, 'NotFound')) return undefined;
      throw error;
    });
    if (present?.metadata.uid !== undefined) uids.set(present.metadata.uid, uid);
    items.push({ ...base, present, action: 'create' });
  });
  const order = new Map(backup.objects.map((o, index) => [o.metadata.uid, index]));
  items.sort((a, b) => (order.get(a.object.metadata.uid) ?? 0) - (order.get(b.object.metadata.uid) ?? 0));
  const judged = items.map((item): RestoreItem => ({ ...item, action: actionOf(item, uids) }));
  return { items: judged, refusals: refusalsOf(judged) };
}

function actionOf(
  { resource, object, present, action }: RestoreItem,
  uids: ReadonlyMap<string, string>,
): RestoreItem['action'] {
  if (action === 'skip' || present === undefined) return action;
  // Definitions belong to what serves them; one that is there stays as it is.
  if (resource.plural === resources.customResourceDefinitions.plural) return 'same';
  const same = isDeepStrictEqual(
    contentOf(withUids(present, uids), { status: true }),
    contentOf(object, { status: true }),
  );
  if (same) return 'same';
  return isCounterpart(present, object.metadata.uid ?? '') ? 'change' : 'conflict';
}

function refusalsOf(items: readonly RestoreItem[]): string[] {
  const name = ({ object }: RestoreItem): string =>
    `${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`;
  const conflicts = items.filter((i) => i.action === 'conflict').map((i) => `${name(i)} is another object there`);
  const writes = items.some(
    (i) => isClusterApiGroup(i.resource.group) && (i.action === 'create' || i.action === 'change'),
  );
  const active = items
    .filter((i) => isCluster(i.resource) && i.present !== undefined && fieldAt(i.present, 'spec', 'paused') !== true)
    .map((i) => `${name(i)} is not paused: its controllers work on the objects`);
  return [...conflicts, ...(writes ? active : [])];
}

function isCluster(resource: Resource): boolean {
  return resource.group === resources.clusters.group && resource.plural === resources.clusters.plural;
}

/** Whoever restores decides when controllers begin to act on the objects. */
function pausedIfCluster(resource: Resource, object: KubeObject): KubeObject {
  if (!isCluster(resource)) return object;
  const spec = fieldAt(object, 'spec');
  return { ...object, spec: { ...(typeof spec === 'object' ? spec : {}), paused: true } };
}

/** What every cluster makes for itself, and which means nothing elsewhere. */
function madeByCluster({ kind, metadata, type }: KubeObject): boolean {
  if (kind === 'ConfigMap') return metadata.name === 'kube-root-ca.crt';
  return kind === 'Secret' && type === 'kubernetes.io/service-account-token';
}
