import { GlobalctlError } from '../../../base/index.ts';
import { EtcdCompactedError, type KeyValueStore } from '../../../etcd/index.ts';
import {
  isKubeReason,
  PLATFORM_NAMESPACE,
  qualifiedName,
  resources,
  type KubeClient,
  type KubeObject,
} from '../../../kube/index.ts';
import { definedResource, nodeKey, ObjectWriter, takeBack, type ObjectNode } from '../../move/index.ts';
import { attachedItems } from './attached-items.ts';
import { copyKeys } from './copy-keys.ts';
import { importDefinitions } from './definitions.ts';
import {
  BACKUP_ANNOTATION,
  handOver,
  isReleased,
  methodOf,
  pauseSource,
  recordHandedOver,
  requireWanted,
  sourceCluster,
} from './handover.ts';
import { builtInResources, type ImportItem, type ImportMethod } from './import-item.ts';
import { readImportList } from './import-list.ts';
import { ImportProgress } from './import-progress.ts';
import { checkSurvey, surveySource, type Survey } from './survey.ts';
import { verifyImport } from './verify.ts';
import { writeObjects } from './write-objects.ts';

/** The etcds of both clusters, as long as the import needs them. */
export interface EtcdPair extends AsyncDisposable {
  readonly source: KeyValueStore;
  readonly target: KeyValueStore;
}

export interface ImportOptions {
  readonly source: KubeClient;
  readonly target: KubeClient;
  /** Asked for only when something goes by method `etcdctl`. */
  readonly connectEtcds: () => Promise<EtcdPair>;
  /**
   * Called before anything is written: makes the backup, unless `known`, the place that an earlier try noted, still holds it.
   * Resolves with its place.
   */
  readonly ensureBackup: (known: string | undefined) => Promise<string>;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
  /** Told how far it is, from above 0 to 1, whenever another hundredth is done. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

export interface ImportResult {
  /** Objects that were verified in the target; undefined when an earlier run had finished already. */
  readonly objects: number | undefined;
}

/** How often changes that arrive during the copy are copied again. The source is paused: they come from work under way. */
const SETTLE_ROUNDS = 10;

/**
 * Moves the Cluster API objects of the `global` cluster into it. The list is checked and a backup made before anything is
 * written; the source is paused, definitions go first, owners before dependents, everything is read back, and only then is the
 * target's Cluster released. The source stays paused and complete. May be interrupted anywhere and run again, or taken back.
 * Throws IMPORT_REFUSED, IMPORT_CONFLICT, IMPORT_UNVERIFIED, IMPORT_WITHDRAWN, and what the clients throw.
 */
export async function importCluster(options: ImportOptions): Promise<ImportResult> {
  const { source, target, signal, log } = options;
  const progress = new ImportProgress(options.onProgress ?? (() => undefined));
  if (await isReleased(target, signal)) {
    await recordHandedOver(source, signal);
    log('the cluster’s objects have been imported and released before');
    return { objects: undefined };
  }
  const cluster = await sourceCluster(source, signal);
  requireWanted(cluster);
  const method = methodOf(cluster);
  const items = await itemsOf(source, method, signal);
  await using etcds = items.some((item) => item.method === 'etcdctl') ? await options.connectEtcds() : undefined;
  const attached = async (): Promise<ImportItem[]> => [...items, ...(await attachedItems(source, signal))];
  const survey = async (): Promise<Survey> =>
    await surveySource({ source, store: etcds?.source, items: await attached(), signal });
  await checkSurvey({ source, items, survey: await survey(), signal });
  progress.ended('check');

  const backup = await options.ensureBackup(cluster.metadata.annotations?.[BACKUP_ANNOTATION]);
  await pauseSource(source, cluster, backup, signal);
  progress.ended('backup');
  log(`the source Cluster is paused; the backup lies in ${backup}`);
  const definitions = await importDefinitions({ source, target, items, signal });
  log(`${String(definitions.length)} custom resource definitions are served by the new cluster`);
  await ensureNamespace(target, signal);
  progress.ended('definitions');

  const withStatus = new Set(items.filter((i) => i.statusSubresource).map((i) => qualifiedName(i.resource)));
  const hasStatusSubresource = (resource: ImportItem['resource']): boolean => withStatus.has(qualifiedName(resource));
  const writer = new ObjectWriter({ target, hasStatusSubresource, signal });
  const settled = await moveUntilSettled({ source, target, etcds, writer, survey, signal, log, progress });
  progress.ended('move');
  const whole = items.filter((item) => item.names === undefined).map((item) => item.resource);
  const total = settled.keys.length + settled.objects.length;
  let seen = 0;
  const onSeen = (): void => progress.within('verify', ++seen, total);
  const { objects } = await verifyImport({ source, target, survey: settled, whole, signal, onSeen });
  log(`${String(objects)} objects verified in the new cluster`);
  await handOver(source, target, signal);
  progress.ended('release');
  log('the Cluster in the new cluster is released; the source stays paused');
  return { objects };
}

/** The built-in set and the list. By method `kubectl` nothing goes by key: the etcds need not be reachable. */
export async function itemsOf(source: KubeClient, method: ImportMethod, signal: AbortSignal): Promise<ImportItem[]> {
  const builtIn = await Promise.all(
    builtInResources.map(async (resource): Promise<ImportItem[]> => {
      const name = qualifiedName(resource);
      const crd = await source.find<KubeObject>(resources.customResourceDefinitions, { name }, signal);
      return crd === undefined ? [] : [{ ...definedResource(crd), resource, method, origin: 'built-in' }];
    }),
  );
  const listed = await readImportList(source, method, signal);
  return [...builtIn.flat(), ...listed.map((item): ImportItem => (method === 'kubectl' ? { ...item, method } : item))];
}

async function ensureNamespace(target: KubeClient, signal: AbortSignal): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: PLATFORM_NAMESPACE } };
  try {
    await target.create(resources.namespaces, namespace, { signal });
  } catch (error) {
    if (!isKubeReason(error, 'AlreadyExists')) throw error;
  }
}

/** Moves, and moves again what changed meanwhile, until a look at the source finds it as it was moved. */
async function moveUntilSettled(options: {
  readonly source: KubeClient;
  readonly target: KubeClient;
  readonly etcds: EtcdPair | undefined;
  readonly writer: ObjectWriter;
  readonly survey: () => Promise<Survey>;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
  readonly progress: ImportProgress;
}): Promise<Survey> {
  const { source, target, etcds, writer, signal, log } = options;
  const moved = new Map<string, ObjectNode>();
  const isDue = (node: ObjectNode): boolean => moved.get(nodeKey(node))?.version !== node.version;
  for (let round = 1; round <= SETTLE_ROUNDS; round++) {
    const survey = await options.survey();
    const nodes = [...survey.keys, ...survey.objects];
    if (round > 1 && moved.size === nodes.length && !nodes.some(isDue)) return survey;
    requireWanted(await sourceCluster(source, signal));
    let steps = 0;
    // What goes through the API is written, and then completed.
    const total = survey.keys.filter(isDue).length + 2 * survey.objects.filter(isDue).length;
    const onStep = (): void => options.progress.within('move', ++steps, total);
    try {
      const { keys, revision } = survey;
      const stores = etcds && { source: etcds.source, target: etcds.target };
      const copied = stores ? await copyKeys({ ...stores, revision, keys, isDue, signal, onStep }) : 0;
      if (stores) log(`${String(copied)} keys copied from revision ${String(revision)}`);
    } catch (error) {
      if (!(error instanceof EtcdCompactedError)) throw error;
      log(`the source has forgotten revision ${String(survey.revision)} meanwhile; reading again`);
      continue;
    }
    const written = await writeObjects({ source, writer, survey, isDue, signal, onStep });
    log(`${String(written)} objects written through the API`);
    const present = new Set(nodes.map(nodeKey));
    // What the source deleted after it had been moved must not live on in the target.
    for (const [key, node] of [...moved].reverse())
      if (!present.has(key)) {
        await takeBack(target, node, signal);
        moved.delete(key);
      }
    for (const node of nodes) moved.set(nodeKey(node), node);
  }
  throw new GlobalctlError('INSTALLER_NOT_READY', {
    message: 'the objects to import keep changing although their Cluster is paused',
    subject: `Cluster ${PLATFORM_NAMESPACE}/global`,
  });
}
