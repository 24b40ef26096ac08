import { GlobalctlError } from '../../base/index.ts';
import type { KeyValueStore } from '../../etcd/index.ts';
import {
  conditionOf,
  isKubeReason,
  qualifiedName,
  resources,
  watchUntil,
  type KubeClient,
  type KubeObject,
} from '../../kube/index.ts';
import { isCustomGroup, nodeOf, ObjectWriter, orderByOwnership, type ObjectNode } from '../move/index.ts';
import type { RestoreItem, RestorePlan } from './plan-restore.ts';

export interface ApplyRestoreOptions {
  readonly client: KubeClient;
  readonly plan: RestorePlan;
  /** The cluster's etcd: custom resources that are gone get their keys back and so keep their uids. Through the API when absent. */
  readonly store?: KeyValueStore | undefined;
  readonly signal: AbortSignal;
}

/**
 * Carries out a plan: definitions first, owners before dependents, states last. Clusters stay paused. May be interrupted and
 * planned and run again. Throws RESTORE_REFUSED when the plan has refusals, IMPORT_CONFLICT for what came in between.
 */
export async function applyRestore(options: ApplyRestoreOptions): Promise<{ readonly written: number }> {
  const { client, plan, store, signal } = options;
  if (plan.refusals.length > 0)
    throw new GlobalctlError('RESTORE_REFUSED', {
      message: `the cluster holds what the backup would overwrite: ${plan.refusals.slice(0, 10).join('; ')}`,
      subject: client.server,
    });
  const due = plan.items.filter((i) => i.action === 'create' || i.action === 'change');
  const isDefinition = (i: RestoreItem): boolean => i.resource.plural === resources.customResourceDefinitions.plural;
  await restoreDefinitions(client, due.filter(isDefinition), signal);
  const items = plan.items.filter((i) => !isDefinition(i) && i.action !== 'skip');
  const byUid = new Map(items.map((i) => [i.object.metadata.uid ?? '', i]));
  const withStatus = new Set(items.filter((i) => i.statusSubresource).map((i) => qualifiedName(i.resource)));
  const writer = new ObjectWriter({
    target: client,
    hasStatusSubresource: (resource) => withStatus.has(qualifiedName(resource)),
    signal,
  });
  for (const { object, present } of items)
    if (present?.metadata.uid !== undefined) writer.uids.set(object.metadata.uid ?? '', present.metadata.uid);
  const nodes = items.map((i) => withoutStrangers(nodeOf(i.resource, i.object, ''), byUid));
  const isDue = new Set(due);
  const throughApi: RestoreItem[] = [];
  let byKey = 0;
  for (const level of orderByOwnership(nodes))
    for (const { uid } of level) {
      const item = byUid.get(uid);
      if (item === undefined || !isDue.has(item)) continue;
      if (store && item.action === 'create' && isCustomGroup(item.resource.group)) {
        await putKey(store, item);
        writer.uids.set(uid, uid);
        byKey++;
      } else {
        await writer.write(item.resource, item.object);
        throughApi.push(item);
      }
    }
  for (const { resource, object } of throughApi) await writer.complete(resource, object);
  return { written: byKey + throughApi.length + due.filter(isDefinition).length };
}

/** Owners that the backup does not hold (Deployments, Nodes) are looked for in the cluster when the object is written. */
function withoutStrangers(node: ObjectNode, known: ReadonlyMap<string, unknown>): ObjectNode {
  return { ...node, owners: node.owners.filter((owner) => known.has(owner.uid)) };
}

async function restoreDefinitions(
  client: KubeClient,
  items: readonly RestoreItem[],
  signal: AbortSignal,
): Promise<void> {
  const crds = resources.customResourceDefinitions;
  for (const { object } of items) {
    const { name = '', labels, annotations } = object.metadata;
    const { status: _status, ...rest } = object;
    const metadata = { name, ...(labels && { labels }), ...(annotations && { annotations }) };
    try {
      await client.create<KubeObject>(
        crds,
        { ...rest, apiVersion: object.apiVersion, kind: object.kind, metadata },
        { signal },
      );
    } catch (error) {
      if (!isKubeReason(error, 'AlreadyExists')) throw error;
    }
  }
  const names = items.map((i) => i.object.metadata.name ?? '');
  if (names.length === 0) return;
  await watchUntil(client, crds, { signal }, (served) =>
    names.every((name) => {
      const crd = served.get(name);
      return crd !== undefined && conditionOf(crd, 'Established')?.status === 'True';
    })
      ? true
      : undefined,
  );
}

/** The key as an API server writes it: its own version number is not part of the value. */
async function putKey(store: KeyValueStore, { resource, object }: RestoreItem): Promise<void> {
  const { resourceVersion: _version, ...metadata } = object.metadata;
  const { name = '', namespace } = metadata;
  const folder = `/registry/${resource.group}/${resource.plural}/`;
  const key = Buffer.from(`${folder}${namespace === undefined ? '' : `${namespace}/`}${name}`);
  const value = Buffer.from(JSON.stringify({ ...object, metadata }));
  const { succeeded } = await store.txn({
    compare: [{ key, target: 'version', result: 'equal', version: 0 }],
    success: [{ type: 'put', key, value }],
    failure: [],
  });
  if (!succeeded)
    throw new GlobalctlError('IMPORT_CONFLICT', {
      message: 'somebody has written the object since the cluster was looked at',
      subject: key.toString('utf8'),
    });
}
