import { GlobalctlError } from '../../../base/index.ts';
import { EtcdCompactedError, type KeyValueStore } from '../../../etcd/index.ts';
import {
  isKubeReason,
  PLATFORM_NAMESPACE,
  qualifiedName,
  resources,
  type KubeClient,
  type Resource,
} from '../../../kube/index.ts';
import { readApiEntries, writeByApi } from './by-api.ts';
import { copyEntries } from './copy-entries.ts';
import { importDefinitions } from './definitions.ts';
import { builtInItem, builtInResources, type ImportItem } from './import-item.ts';
import { readImportList } from './import-list.ts';
import { isReleased, pauseCluster, releaseCluster } from './pause.ts';
import { attachedItems } from './secrets.ts';
import { orderByOwnership, readSourceEntries, type SourceEntry } from './source-entries.ts';
import { verifyImport } from './verify.ts';

export interface ImportOptions {
  readonly sourceClient: KubeClient;
  readonly targetClient: KubeClient;
  readonly sourceStore: KeyValueStore;
  readonly targetStore: KeyValueStore;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

export interface ImportResult {
  /** Objects that were verified in the target; undefined when an earlier run had finished already. */
  readonly objects: number | undefined;
}

/** How often changes that arrive during the copy are copied again. The source is paused: they come from work under way. */
const SETTLE_ROUNDS = 10;

/**
 * Moves the Cluster API objects of the `global` cluster into it. The list is checked before anything is written; the source
 * is paused, definitions go first, owners before dependents, everything is read back, and only then is the target's Cluster
 * released. The source stays paused and complete. May be interrupted anywhere and run again.
 * Throws IMPORT_REFUSED, IMPORT_CONFLICT, IMPORT_UNVERIFIED, and what the clients throw.
 */
export async function importCluster(options: ImportOptions): Promise<ImportResult> {
  const { sourceClient, targetClient, sourceStore, targetStore, signal, log } = options;
  if (await isReleased(targetClient, signal)) {
    log('the cluster’s objects have been imported and released before');
    return { objects: undefined };
  }
  const items = [...(await builtInItems(sourceClient, signal)), ...(await readImportList(sourceClient, signal))];
  orderByOwnership((await readSourceEntries(sourceStore, items, signal)).entries);

  await pauseCluster(sourceClient, signal);
  log('the source Cluster is paused');
  const definitions = await importDefinitions({ source: sourceClient, target: targetClient, items, signal });
  log(`${String(definitions.length)} custom resource definitions are served by the new cluster`);
  await ensureNamespace(targetClient, signal);

  const entries = await copyUntilSettled({ sourceStore, targetStore, items, signal, log });
  const attached = await attachedItems(sourceClient, signal);
  const apiEntries = await readApiEntries(sourceClient, [...attached, ...items], signal);
  for (const entry of apiEntries) await writeByApi(targetClient, entry, signal);
  log(`${String(apiEntries.length)} objects written through the API (Secrets and ConfigMaps)`);

  const { objects } = await verifyImport({ sourceStore, target: targetClient, entries, apiEntries, signal });
  log(`${String(objects)} objects verified in the new cluster`);
  await releaseCluster(targetClient, signal);
  log('the Cluster in the new cluster is released; the source stays paused');
  return { objects };
}

async function builtInItems(source: KubeClient, signal: AbortSignal): Promise<ImportItem[]> {
  const served = async (resource: Resource): Promise<boolean> =>
    (await source.find(resources.customResourceDefinitions, { name: qualifiedName(resource) }, signal)) !== undefined;
  const checked = await Promise.all(builtInResources.map(async (r) => ((await served(r)) ? [builtInItem(r)] : [])));
  return checked.flat();
}

async function ensureNamespace(target: KubeClient, signal: AbortSignal): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: PLATFORM_NAMESPACE } };
  try {
    await target.create(resources.namespaces, namespace, { signal });
  } catch (error) {
    if (!isKubeReason(error, 'AlreadyExists')) throw error;
  }
}

/** Copies, and copies again what changed meanwhile, until a look at the source finds it as it was copied. */
async function copyUntilSettled(options: {
  readonly sourceStore: KeyValueStore;
  readonly targetStore: KeyValueStore;
  readonly items: readonly ImportItem[];
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}): Promise<SourceEntry[]> {
  const { sourceStore: source, targetStore: target, items, signal, log } = options;
  const copied = new Map<string, number>();
  for (let round = 1; round <= SETTLE_ROUNDS; round++) {
    const { entries, revision } = await readSourceEntries(source, items, signal);
    const isDue = (entry: SourceEntry): boolean => copied.get(entry.key) !== entry.modRevision;
    if (round > 1 && copied.size === entries.length && !entries.some(isDue)) return entries;
    try {
      const written = await copyEntries({ source, target, revision, entries, isDue, signal });
      log(`${String(written)} keys copied from revision ${String(revision)}`);
    } catch (error) {
      if (!(error instanceof EtcdCompactedError)) throw error;
      log(`the source has forgotten revision ${String(revision)} meanwhile; reading again`);
      continue;
    }
    for (const entry of entries) copied.set(entry.key, entry.modRevision);
    await removeVanished(target, copied, entries);
  }
  throw new GlobalctlError('INSTALLER_NOT_READY', {
    message: 'the objects to import keep changing although their Cluster is paused',
    subject: 'Cluster cpaas-system/global',
  });
}

/** What the source deleted after it had been copied must not come to life in the target. */
async function removeVanished(
  target: KeyValueStore,
  copied: Map<string, number>,
  entries: readonly SourceEntry[],
): Promise<void> {
  const present = new Set(entries.map((e) => e.key));
  for (const key of [...copied.keys()]) {
    if (present.has(key)) continue;
    await target.deleteRange({ key: Buffer.from(key, 'utf8') });
    copied.delete(key);
  }
}
