import { systemClock, toGlobalctlError, type Clock, type GlobalctlError } from '../../base/index.ts';
import {
  describeObject,
  resources,
  runController,
  type KubeClient,
  type KubeObject,
  type ObjectKey,
  type ReconcileResult,
  type Stores,
} from '../../kube/index.ts';
import type { RegistryAccess } from '../../pack/index.ts';
import { createHelm, type Helm } from '../helm/index.ts';
import { recordEvent } from './events.ts';
import { installChart, OPERATOR_NAME } from './install-chart.ts';
import { readPullSecret, type RegistryLogin } from './pull-secret.ts';
import { readReleaseRecord } from './release-record.ts';
import { parseAppRelease, type WantedChart, type WantedRelease } from './release-spec.ts';
import { RetrySchedule } from './retry-schedule.ts';
import { chartStatuses, writeStatus, type AppReleaseStatus, type ChartStatus } from './status.ts';

/** Keeps an AppRelease with `auto-recycle: "true"` until its charts are uninstalled. */
export const FINALIZER = 'operator.alauda.io/apprelease';

export interface AppReleaseOperatorOptions {
  readonly client: KubeClient;
  /** Access for Helm to the same cluster. */
  readonly kubeconfigText: string;
  /** How registries are reached; address and login come from each AppRelease. */
  readonly registry?: Pick<RegistryAccess, 'scheme' | 'caPem' | 'insecure' | 'proxyUrl'> | undefined;
  readonly helm?: Helm | undefined;
  /** Times the back-off. */
  readonly clock?: Clock | undefined;
  /**
   * Times `interval-sync`. The system's by default, also where `clock` runs faster: looking after a release costs a process
   * whatever a lab's clock says.
   */
  readonly syncClock?: Clock | undefined;
  /** Between two looks at a release with `interval-sync`. Default 5 minutes. */
  readonly syncIntervalMs?: number | undefined;
  readonly signal: AbortSignal;
  readonly log?: ((line: string) => void) | undefined;
  /** The first lists are complete: the operator is at work. */
  readonly onReady?: (() => void) | undefined;
}

const DEFAULT_SYNC_MS = 5 * 60_000;

/**
 * The operator of `operator.alauda.io/v1alpha1` AppRelease: resolves each chart in its registry, applies its CRDs, installs or
 * upgrades it with Helm and reports in the status. Runs until the signal aborts.
 */
export function startAppReleaseOperator(options: AppReleaseOperatorOptions): Promise<void> {
  return new Operator(options).run();
}

class Operator {
  readonly #options: AppReleaseOperatorOptions;
  readonly #client: KubeClient;
  readonly #helm: Helm;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #retries: RetrySchedule;
  /** What this process has installed, by key: the informer may still tell of the state before. */
  readonly #installed = new Map<string, string>();
  /** When a release was last seen standing, on the sync clock, by key. */
  readonly #seen = new Map<string, number>();
  #enqueue: (key: string) => void = () => undefined;

  constructor(options: AppReleaseOperatorOptions) {
    this.#options = options;
    this.#client = options.client;
    this.#helm = options.helm ?? createHelm({ kubeconfigText: options.kubeconfigText });
    this.#clock = options.clock ?? systemClock;
    this.#signal = options.signal;
    const enqueue = (key: string): void => this.#enqueue(key);
    this.#retries = new RetrySchedule({ clock: this.#clock, signal: this.#signal, enqueue });
  }

  run(): Promise<void> {
    return runController({
      name: OPERATOR_NAME,
      client: this.#client,
      watches: [{ resource: resources.appReleases }],
      reconcile: (key, stores) => this.#reconcile(key, stores),
      signal: this.#signal,
      clock: this.#clock,
      // Each runs a Helm of its own, which is the memory and the processor time of it all.
      concurrency: 2,
      onStart: (enqueue) => {
        this.#enqueue = enqueue;
      },
      onSynced: this.#options.onReady,
      onError: (key, error) => this.#log(`${key}: ${error.message}`),
    });
  }

  async #reconcile({ key }: ObjectKey, stores: Stores): Promise<ReconcileResult> {
    const object = stores.get(resources.appReleases, key);
    if (!object) {
      this.#retries.forget(key);
      this.#seen.delete(key);
      this.#installed.delete(key);
      return;
    }
    if (this.#retries.isWaiting(key, object.metadata.generation)) return;
    try {
      if (object.metadata.deletionTimestamp !== undefined) {
        await this.#recycle(object);
        return;
      }
      const wanted = await this.#parse(object);
      if (await this.#keepFinalizer(object, wanted)) return;
      if (await this.#stands(key, object, wanted)) return;
      await this.#install(object, wanted);
      this.#retries.forget(key);
      this.#installed.set(key, versionOf(object));
      this.#noteSeen(key, wanted);
    } catch (thrown) {
      if (this.#signal.aborted) return;
      await this.#fail(key, object, toGlobalctlError(thrown));
    }
  }

  async #parse(object: KubeObject): Promise<WantedRelease> {
    try {
      return parseAppRelease(object);
    } catch (thrown) {
      const error = toGlobalctlError(thrown);
      await this.#writeFailure(object, chartStatuses(object), error);
      throw error;
    }
  }

  /** Whether everything is installed as asked for and, where that is asked for too, was looked at recently. */
  async #stands(key: string, object: KubeObject, wanted: WantedRelease): Promise<boolean> {
    const status = object['status'] as { observedGeneration?: number } | undefined;
    const charts = chartStatuses(object);
    const stated =
      status?.observedGeneration === object.metadata.generation &&
      wanted.charts.every((chart) =>
        charts.some(
          (s) =>
            s.releaseName === chart.releaseName &&
            s.phase === 'Success' &&
            s.installedRevision === chart.targetRevision,
        ),
      );
    if (!stated && this.#installed.get(key) !== versionOf(object)) return false;
    if (!wanted.intervalSync) return true;
    const { syncClock = systemClock, syncIntervalMs = DEFAULT_SYNC_MS } = this.#options;
    const seenMs = this.#seen.get(key);
    if (seenMs !== undefined && syncClock.now() - seenMs < syncIntervalMs) return true;
    for (const chart of wanted.charts) {
      const live = await readReleaseRecord(
        this.#client,
        { name: chart.releaseName, namespace: wanted.namespace },
        this.#signal,
      );
      if (live?.status === 'deployed') continue;
      this.#log(
        `${describeObject(object)}: release ${chart.releaseName} is ${live?.status ?? 'gone'}; installing it again`,
      );
      return false;
    }
    this.#noteSeen(key, wanted);
    return true;
  }

  #noteSeen(key: string, wanted: WantedRelease): void {
    if (!wanted.intervalSync) return;
    const { syncClock = systemClock, syncIntervalMs = DEFAULT_SYNC_MS } = this.#options;
    this.#seen.set(key, syncClock.now());
    syncClock.sleep(syncIntervalMs, this.#signal).then(
      () => this.#enqueue(key),
      () => undefined,
    );
  }

  /** True when the object was changed, and its change will bring the key back. */
  async #keepFinalizer(object: KubeObject, wanted: WantedRelease): Promise<boolean> {
    const finalizers = object.metadata.finalizers ?? [];
    if (finalizers.includes(FINALIZER) === wanted.autoRecycle) return false;
    const changed = wanted.autoRecycle ? [...finalizers, FINALIZER] : finalizers.filter((f) => f !== FINALIZER);
    await this.#patchFinalizers(object, changed);
    return true;
  }

  async #patchFinalizers(object: KubeObject, finalizers: readonly string[]): Promise<void> {
    const { name = '', namespace, resourceVersion } = object.metadata;
    // The resourceVersion makes it a conflict when somebody else changed the list meanwhile.
    const body = { metadata: { finalizers, resourceVersion } };
    await this.#client.patch(
      resources.appReleases,
      { name, namespace },
      { type: 'merge', body },
      { signal: this.#signal },
    );
  }

  async #recycle(object: KubeObject): Promise<void> {
    const finalizers = object.metadata.finalizers ?? [];
    if (!finalizers.includes(FINALIZER)) return;
    const namespace = object.metadata.namespace ?? 'default';
    let releases: readonly { readonly releaseName: string; readonly namespace: string }[];
    try {
      const wanted = parseAppRelease(object);
      releases = wanted.charts.map(({ releaseName }) => ({ releaseName, namespace: wanted.namespace }));
    } catch {
      // A spec that nobody can read must not keep the object from going; what was installed is in its status.
      releases = chartStatuses(object).map(({ releaseName }) => ({ releaseName, namespace }));
    }
    for (const { releaseName, namespace: place } of [...releases].reverse()) {
      this.#log(`${describeObject(object)}: uninstalling ${releaseName}`);
      await this.#helm.uninstall({ name: releaseName, namespace: place }, { signal: this.#signal });
    }
    await this.#patchFinalizers(
      object,
      finalizers.filter((f) => f !== FINALIZER),
    );
  }

  async #install(object: KubeObject, wanted: WantedRelease): Promise<void> {
    const charts = wanted.charts.map((chart) => previous(object, chart));
    const { registry } = wanted;
    let login: RegistryLogin | undefined;
    try {
      login = await this.#login(object, wanted);
    } catch (thrown) {
      const error = toGlobalctlError(thrown);
      for (const entry of charts) Object.assign(entry, { phase: 'Failed', message: sentenceOf(error) });
      await this.#writeFailure(object, charts, error);
      throw error;
    }
    for (const [i, chart] of wanted.charts.entries()) {
      const entry = charts[i];
      if (!entry) continue;
      entry.phase = 'Installing';
      delete entry.message;
      await this.#write(object, {
        phase: 'Installing',
        charts,
        lastError: '',
        ready: { status: 'False', reason: 'Installing', message: 'charts are being installed' },
      });
      try {
        const release = await installChart({
          client: this.#client,
          helm: this.#helm,
          registry: { ...this.#options.registry, address: registry, ...login },
          wanted,
          chart,
          clock: this.#clock,
          signal: this.#signal,
          log: (line) => this.#log(line),
        });
        Object.assign(entry, {
          phase: 'Success',
          installedRevision: chart.targetRevision,
          revision: release.revision,
          lastDeployedTime: stamp(this.#clock.now()),
        });
        const message = `installed ${chart.name} ${chart.targetRevision} as ${chart.releaseName}, revision ${String(release.revision)}`;
        this.#log(message);
        await this.#event(object, 'Normal', 'Installed', message);
      } catch (thrown) {
        const error = toGlobalctlError(thrown);
        entry.phase = 'Failed';
        entry.message = sentenceOf(error);
        if (!this.#signal.aborted) await this.#writeFailure(object, charts, error);
        throw error;
      }
    }
    await this.#write(object, {
      phase: 'Success',
      charts,
      lastError: '',
      ready: { status: 'True', reason: 'Installed', message: 'all charts are installed' },
    });
  }

  /** Says the failure and has the key tried again later, at once when the spec changes. */
  async #fail(key: string, object: KubeObject, error: GlobalctlError): Promise<void> {
    const { count, delayMs } = this.#retries.failed(key, object.metadata.generation);
    this.#log(
      `${describeObject(object)}: ${sentenceOf(error)}; attempt ${String(count)}, next in ${String(delayMs / 1000)} s`,
    );
    const reason = object.metadata.deletionTimestamp === undefined ? 'InstallFailed' : 'UninstallFailed';
    await this.#event(object, 'Warning', reason, sentenceOf(error));
  }

  async #login(object: KubeObject, wanted: WantedRelease): Promise<RegistryLogin | undefined> {
    if (wanted.pullSecret === undefined) return undefined;
    const ref = { namespace: object.metadata.namespace ?? 'default', name: wanted.pullSecret };
    return readPullSecret(this.#client, ref, wanted.registry, this.#signal);
  }

  #writeFailure(object: KubeObject, charts: ChartStatus[], error: GlobalctlError): Promise<void> {
    const message = sentenceOf(error);
    const ready = { status: 'False' as const, reason: error.code, message };
    return this.#write(object, { phase: 'Failed', charts, lastError: message, ready });
  }

  async #write(object: KubeObject, status: Omit<AppReleaseStatus, 'observedGeneration'>): Promise<void> {
    const { name = '', namespace } = object.metadata;
    const live = await this.#client.find(resources.appReleases, { name, namespace }, this.#signal);
    if (!live || live.metadata.uid !== object.metadata.uid) return;
    await writeStatus(
      this.#client,
      live,
      { ...status, observedGeneration: object.metadata.generation ?? 0 },
      { nowMs: this.#clock.now(), signal: this.#signal },
    );
  }

  #event(object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): Promise<void> {
    return recordEvent(
      this.#client,
      object,
      { type, reason, message },
      { nowMs: this.#clock.now(), component: OPERATOR_NAME },
    );
  }

  #log(line: string): void {
    this.#options.log?.(line);
  }
}

/** One spec of one object. */
function versionOf({ metadata }: KubeObject): string {
  return `${metadata.uid ?? ''}/${String(metadata.generation)}`;
}

/** The entry of a chart as it stood, or a new one. */
function previous(object: KubeObject, chart: WantedChart): ChartStatus {
  const { name, releaseName, targetRevision } = chart;
  const old = chartStatuses(object).find((status) => status.releaseName === releaseName);
  return { ...old, name, releaseName, targetRevision, phase: 'Pending' };
}

/** What went wrong, with Helm's own last words. */
function sentenceOf(error: GlobalctlError): string {
  const found = error.details.found
    ?.split('\n')
    .filter((line) => line.trim() !== '')
    .at(-1);
  return found === undefined ? error.message : `${error.message.split(' -')[0] ?? error.message}: ${found}`;
}

function stamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
