import { isDeepStrictEqual } from 'node:util';
import type { Clock, GlobalctlError } from '../../base/index.ts';
import {
  fieldAt,
  KubeApiError,
  PLATFORM_NAMESPACE,
  resources,
  runController,
  storeKey,
  type KubeClient,
  type KubeObject,
  type Stores,
} from '../../kube/index.ts';
import { writeClusterModule } from './cluster-module.ts';
import { moduleLabels, moduleOf, readPlugin, type ModulePluginSpec } from './objects.ts';

export interface ModuleControllerOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly log?: ((line: string) => void) | undefined;
  readonly onSynced?: (() => void) | undefined;
}

/** Keys of ClusterModules among those of ModuleInfos, which have no slash. */
const CLUSTER = 'cluster';

function clusterKey(name: string): string {
  return `${CLUSTER}/${name}`;
}

type ModulePhase = 'Pending' | 'Processing' | 'Running' | 'Failed';

interface ModuleStatus {
  readonly phase: ModulePhase;
  readonly reason: string;
  /** The version that runs. */
  readonly version?: string;
}

/**
 * Turns every ModuleInfo of this cluster into an AppRelease, follows how that fares, and reports it in the ModuleInfo and in
 * `ClusterModule/<cluster>`. Runs until the signal aborts.
 */
export async function runModuleController(options: ModuleControllerOptions): Promise<void> {
  const { client, clock, signal, log } = options;
  // A plugin or a release may matter to several modules (dependencies); there are few, so all are looked at.
  const known = new Set<string>();
  const everyModule = (): readonly string[] => [...known];
  await runController({
    name: 'modules',
    client,
    clock,
    signal,
    concurrency: 1,
    watches: [
      {
        resource: resources.moduleInfoes,
        mapToKeys: (info, old) => {
          known.add(storeKey(info));
          const clusters = [info, old].map((i) => i && moduleOf(i)?.cluster).filter((c) => c !== undefined);
          return [...known, ...clusters.map(clusterKey)];
        },
      },
      { resource: resources.modulePlugins, mapToKeys: everyModule },
      { resource: resources.appReleases, namespace: PLATFORM_NAMESPACE, mapToKeys: everyModule },
      { resource: resources.clusterModules, mapToKeys: ({ metadata: { name = '' } }) => [clusterKey(name)] },
    ],
    reconcile: async ({ key, namespace, name }, stores) => {
      if (namespace === CLUSTER) return await reportCluster(options, stores, name);
      const info = stores.get(resources.moduleInfoes, key);
      if (info === undefined) known.delete(key);
      else if (info.metadata.deletionTimestamp === undefined) await lookAfter(options, stores, info);
    },
    onError: (key: string, error: GlobalctlError) => log?.(`module ${key}: ${error.code}: ${error.message}`),
    ...(options.onSynced && { onSynced: options.onSynced }),
  });
}

async function reportCluster(
  { client, clock, signal }: ModuleControllerOptions,
  stores: Stores,
  cluster: string,
): Promise<void> {
  const infos = stores.all(resources.moduleInfoes).filter((info) => moduleOf(info)?.cluster === cluster);
  // Nobody asks for a record of a cluster whose last module went before it had one.
  if (infos.length === 0 && stores.get(resources.clusterModules, cluster) === undefined) return;
  await writeClusterModule({ client, cluster, infos, nowMs: clock.now(), signal });
}

async function lookAfter(options: ModuleControllerOptions, stores: Stores, info: KubeObject): Promise<void> {
  const ref = moduleOf(info);
  if (ref === undefined) {
    const reason = `labels ${moduleLabels.cluster} and ${moduleLabels.module} are required`;
    await writeStatus(options, info, { phase: 'Failed', reason });
    return;
  }
  let status: ModuleStatus;
  try {
    status = await reconcileModule(options, stores, info, ref.module);
  } catch (error) {
    // What the API server refuses it refuses again until somebody changes something; whoever looks must see why.
    if (error instanceof KubeApiError && error.reason !== 'Conflict')
      await writeStatus(options, info, { phase: 'Failed', reason: `${error.reason}: ${error.message}` });
    throw error;
  }
  await writeStatus(options, info, status);
}

async function reconcileModule(
  { client, signal, log }: ModuleControllerOptions,
  stores: Stores,
  info: KubeObject,
  module: string,
): Promise<ModuleStatus> {
  const plugin = stores.get(resources.modulePlugins, module);
  if (plugin === undefined) return { phase: 'Pending', reason: `there is no ModulePlugin ${module}` };
  const spec = readPlugin(plugin);
  if (typeof spec === 'string') return { phase: 'Failed', reason: `ModulePlugin ${module}: ${spec}` };
  const missing = spec.dependencies.filter((name) => !isRunning(stores, info, name));
  if (missing.length > 0) return { phase: 'Pending', reason: `waits for ${missing.join(', ')}` };
  const wanted = appReleaseFor(info, module, spec);
  const present = stores.get(resources.appReleases, `${PLATFORM_NAMESPACE}/${module}`);
  const obstacle = present && obstacleOf(present, stores, info);
  if (obstacle !== undefined) return obstacle;
  if (present === undefined || !saysTheSame(present, wanted)) {
    await client.apply(resources.appReleases, wanted, { force: true, fieldManager: 'module-controller', signal });
    log?.(`AppRelease ${module} applied`);
  }
  return statusFrom(present);
}

/** An AppRelease of that name that is not this module's to change. */
function obstacleOf(present: KubeObject, stores: Stores, info: KubeObject): ModuleStatus | undefined {
  const name = `AppRelease ${present.metadata.name ?? ''}`;
  if (present.metadata.deletionTimestamp !== undefined)
    return { phase: 'Pending', reason: `waits until ${name} of before is uninstalled` };
  const owner = present.metadata.ownerReferences?.find((o) => o.controller === true && o.uid !== info.metadata.uid);
  if (owner === undefined) return undefined;
  const lives = stores.all(resources.moduleInfoes).some((other) => other.metadata.uid === owner.uid);
  return lives
    ? { phase: 'Failed', reason: `${name} belongs to ${owner.kind} ${owner.name}` }
    : { phase: 'Pending', reason: `waits until ${name} of ${owner.kind} ${owner.name}, which is gone, is deleted` };
}

function isRunning(stores: Stores, info: KubeObject, dependency: string): boolean {
  const cluster = moduleOf(info)?.cluster;
  return stores.all(resources.moduleInfoes).some((other) => {
    const ref = moduleOf(other);
    const running = fieldAt(other, 'status', 'phase') === 'Running';
    return ref?.cluster === cluster && ref?.module === dependency && running;
  });
}

function appReleaseFor(info: KubeObject, module: string, plugin: ModulePluginSpec): KubeObject {
  const config = fieldAt(info, 'spec', 'config');
  const version = fieldAt(info, 'spec', 'version');
  const wantedVersion = typeof version === 'string' && version !== '' ? version : undefined;
  const { uid = '', name = '' } = info.metadata;
  return {
    apiVersion: 'operator.alauda.io/v1alpha1',
    kind: 'AppRelease',
    metadata: {
      name: module,
      namespace: PLATFORM_NAMESPACE,
      labels: { [moduleLabels.module]: module },
      annotations: { 'auto-recycle': 'true', 'interval-sync': 'true' },
      // Deleting the ModuleInfo uninstalls the module.
      ownerReferences: [{ apiVersion: info.apiVersion, kind: info.kind, name, uid, controller: true }],
    },
    spec: {
      destination: { cluster: '', namespace: '' },
      source: {
        ...(plugin.chartPullSecret !== undefined && { chartPullSecret: plugin.chartPullSecret }),
        charts: plugin.charts.map((chart, index) => ({
          name: chart.name,
          releaseName: chart.releaseName ?? (index === 0 ? module : `${module}-${String(index)}`),
          // The version of a module is that of its first chart; what comes with it keeps its own.
          targetRevision: index === 0 ? (wantedVersion ?? chart.version) : chart.version,
        })),
        repoURL: plugin.repoURL,
      },
      timeout: 120,
      values: { ...plugin.values, ...(typeof config === 'object' && config !== null && config) },
    },
  };
}

function saysTheSame(present: KubeObject, wanted: KubeObject): boolean {
  return (
    isDeepStrictEqual(present['spec'], wanted['spec']) &&
    present.metadata.ownerReferences?.some((o) => o.uid === wanted.metadata.ownerReferences?.[0]?.uid) === true
  );
}

/** A release is only listened to when it speaks of its present spec. */
function statusFrom(release: KubeObject | undefined): ModuleStatus {
  if (release === undefined) return { phase: 'Processing', reason: 'the AppRelease has been created' };
  const charts = fieldAt(release, 'status', 'charts');
  const wanted = fieldAt(release, 'spec', 'source', 'charts');
  const reported = Array.isArray(charts) ? (charts as unknown[]) : [];
  const installed = (Array.isArray(wanted) ? (wanted as unknown[]) : []).every((chart) =>
    reported.some(
      (s) =>
        fieldAt(s, 'name') === fieldAt(chart, 'name') &&
        fieldAt(s, 'phase') === 'Success' &&
        fieldAt(s, 'installedRevision') === fieldAt(chart, 'targetRevision'),
    ),
  );
  const version = fieldAt(reported[0], 'installedRevision');
  const running = typeof version === 'string' ? { version } : {};
  if (installed) return { phase: 'Running', reason: '', ...running };
  const lastError = fieldAt(release, 'status', 'lastError');
  if (fieldAt(release, 'status', 'phase') === 'Failed')
    return { phase: 'Failed', reason: typeof lastError === 'string' ? lastError : 'the AppRelease failed', ...running };
  return { phase: 'Processing', reason: 'charts are being installed', ...running };
}

async function writeStatus(
  { client, signal }: ModuleControllerOptions,
  info: KubeObject,
  { phase, reason, version }: ModuleStatus,
): Promise<void> {
  const { name = '', generation = 0 } = info.metadata;
  const status = {
    phase,
    reason,
    observedGeneration: generation,
    ...(version !== undefined && { version }),
    appRelease: { namespace: PLATFORM_NAMESPACE, name: moduleOf(info)?.module ?? '' },
  };
  const present = info['status'];
  if (typeof present === 'object' && present !== null && isDeepStrictEqual({ ...present, ...status }, present)) return;
  await client.patch(
    resources.moduleInfoes,
    { name },
    { type: 'merge', body: { status }, subresource: 'status' },
    { signal },
  );
}
