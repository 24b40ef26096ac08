import { isGlobalctlError, toGlobalctlError, type Clock, type GlobalctlError } from '../../base/index.ts';
import {
  describeObject,
  fieldAt,
  resources,
  storeKey,
  type KubeObject,
  type ObjectKey,
  type Stores,
} from '../../kube/index.ts';
import type { OperatorContext } from './context.ts';
import { dependencyWait } from './dependencies.ts';
import { announce } from './events.ts';
import { keepFinalizer, recycle } from './finalizer.ts';
import { lookAfter } from './look-after.ts';
import { parseAppRelease, type WantedRelease } from './release-spec.ts';
import { RetrySchedule } from './retry-schedule.ts';
import { reportFailure, rollOut } from './roll-out.ts';
import { chartStatuses, writeStatus } from './status.ts';

/** When releases are looked after; the clock is one of its own, see AppReleaseOperatorOptions. */
export interface SyncSchedule {
  readonly clock: Clock;
  readonly intervalMs: number;
}

/** What one process knows of AppReleases beyond what their objects say, and what it does about each. */
export class Reconciler {
  readonly #context: OperatorContext;
  readonly #sync: SyncSchedule;
  readonly #retries: RetrySchedule;
  readonly #enqueue: (key: string) => void;
  /** What this process has installed, by key: the informer may still tell of the state before. */
  readonly #installed = new Map<string, string>();
  /** When a release was last looked after, on the sync clock, by key. */
  readonly #seen = new Map<string, number>();
  /** Installations under way, by key. */
  readonly #running = new Map<string, { readonly version: string; readonly abort: AbortController }>();
  /** What releases wait for, by key: releases and pull Secrets, each as `namespace/name`. */
  readonly #awaited = new Map<string, ReadonlySet<string>>();
  readonly #pullSecrets = new Map<string, string>();

  constructor(context: OperatorContext, sync: SyncSchedule, enqueue: (key: string) => void) {
    this.#context = context;
    this.#sync = sync;
    this.#enqueue = enqueue;
    const { clock, signal } = context;
    this.#retries = new RetrySchedule({ clock, signal, enqueue });
  }

  /** Keys that a change of an AppRelease concerns: its own, and those that wait for it. */
  onRelease(object: KubeObject): string[] {
    const key = storeKey(object);
    const running = this.#running.get(key);
    // What is being installed is not wanted any more: Helm need not wait for it to become ready.
    if (running && running.version !== versionOf(object)) running.abort.abort();
    return [key, ...[...this.#awaited].filter(([, awaited]) => awaited.has(key)).map(([waiting]) => waiting)];
  }

  /** Keys that a change of a pull Secret concerns: those that failed with it are tried again at once. */
  onPullSecret(secret: KubeObject): string[] {
    const keys = [...this.#pullSecrets].filter(([, name]) => name === storeKey(secret)).map(([key]) => key);
    return keys.filter((key) => this.#retries.forget(key));
  }

  async reconcile({ key }: ObjectKey, stores: Stores): Promise<void> {
    const object = stores.get(resources.appReleases, key);
    if (!object) {
      for (const known of [this.#seen, this.#installed, this.#awaited, this.#pullSecrets]) known.delete(key);
      this.#retries.forget(key);
      return;
    }
    if (this.#retries.isWaiting(key, object.metadata.generation)) return;
    try {
      if (object.metadata.deletionTimestamp === undefined) await this.#install(key, object, stores);
      else await recycle(this.#context, object);
    } catch (thrown) {
      if (!this.#context.signal.aborted) await this.#fail(key, object, toGlobalctlError(thrown));
    }
  }

  async #install(key: string, object: KubeObject, stores: Stores): Promise<void> {
    const wanted = await this.#parse(object);
    if (await keepFinalizer(this.#context, object, wanted)) return;
    if (wanted.pullSecret !== undefined)
      this.#pullSecrets.set(key, `${object.metadata.namespace ?? 'default'}/${wanted.pullSecret}`);
    if (this.#isInstalled(key, object, wanted) && (await this.#stands(key, object, wanted))) return;
    if (await this.#waits(key, object, wanted, stores)) return;
    const abort = new AbortController();
    const signal = AbortSignal.any([this.#context.signal, abort.signal]);
    this.#running.set(key, { version: versionOf(object), abort });
    this.#noteSeen(key, wanted);
    try {
      await rollOut({ ...this.#context, signal }, object, wanted);
    } catch (error) {
      if (!abort.signal.aborted || this.#context.signal.aborted) throw error;
      this.#context.log(`${describeObject(object)}: its spec changed; what was under way is left`);
      this.#enqueue(key);
      return;
    } finally {
      this.#running.delete(key);
    }
    this.#retries.forget(key);
    this.#installed.set(key, versionOf(object));
  }

  async #parse(object: KubeObject): Promise<WantedRelease> {
    try {
      return parseAppRelease(object);
    } catch (thrown) {
      const error = toGlobalctlError(thrown);
      await reportFailure(this.#context, object, { charts: chartStatuses(object), failing: [], error });
      throw error;
    }
  }

  /** Whether the object says, or this process knows, that its present spec is installed. */
  #isInstalled(key: string, object: KubeObject, wanted: WantedRelease): boolean {
    if (this.#installed.get(key) === versionOf(object)) return true;
    if (fieldAt(object, 'status', 'observedGeneration') !== object.metadata.generation) return false;
    const charts = chartStatuses(object);
    return wanted.charts.every((chart) =>
      charts.some(
        ({ releaseName, phase, installedRevision }) =>
          releaseName === chart.releaseName && phase === 'Success' && installedRevision === chart.targetRevision,
      ),
    );
  }

  /** Whether an installed release still stands. Without `interval-sync`, and between two looks, it is taken to. */
  async #stands(key: string, object: KubeObject, wanted: WantedRelease): Promise<boolean> {
    if (!wanted.intervalSync) return true;
    const seenMs = this.#seen.get(key);
    if (seenMs !== undefined && this.#sync.clock.now() - seenMs < this.#sync.intervalMs) return true;
    // The next look is due an interval after the beginning of this one, however this one ends.
    this.#noteSeen(key, wanted);
    try {
      const look = await lookAfter(this.#context, object, wanted, this.#sync.clock.now());
      if (look === 'install') return false;
    } catch (thrown) {
      if (this.#context.signal.aborted || isGlobalctlError(thrown, 'CANCELLED')) throw thrown;
      // Not being able to look is no reason to install again; the next interval may tell.
      const message = `cannot be looked after: ${toGlobalctlError(thrown).message}`;
      await announce(this.#context, object, { type: 'Warning', reason: 'SyncFailed', message });
    }
    return true;
  }

  #noteSeen(key: string, { intervalSync }: WantedRelease): void {
    if (!intervalSync) return;
    const { clock, intervalMs } = this.#sync;
    this.#seen.set(key, clock.now());
    clock.sleep(intervalMs, this.#context.signal).then(
      () => this.#enqueue(key),
      () => undefined,
    );
  }

  /** Whether others come first; their changes bring the key back. */
  async #waits(key: string, object: KubeObject, wanted: WantedRelease, stores: Stores): Promise<boolean> {
    this.#awaited.delete(key);
    if (wanted.dependsOn.length === 0) return false;
    const wait = dependencyWait(object, (other) => stores.get(resources.appReleases, other));
    if (!wait) {
      const message = 'every release before it is ready';
      await writeStatus(this.#context, object, {
        conditions: [{ type: 'DependenciesReady', status: 'True', reason: 'Ready', message }],
      });
      return false;
    }
    this.#awaited.set(key, new Set(wanted.dependsOn));
    const { reason, message } = wait;
    await writeStatus(this.#context, object, {
      phase: 'Pending',
      charts: chartStatuses(object),
      lastError: reason === 'DependencyCircle' ? message : '',
      conditions: [
        { type: 'DependenciesReady', status: 'False', reason, message },
        { type: 'Ready', status: 'False', reason, message },
      ],
    });
    const type = reason === 'DependencyCircle' ? 'Warning' : 'Normal';
    await announce(this.#context, object, { type, reason, message });
    return true;
  }

  /** Says the failure and has the key tried again later, at once when the spec changes. */
  async #fail(key: string, object: KubeObject, error: GlobalctlError): Promise<void> {
    const { count, delayMs } = this.#retries.failed(key, object.metadata.generation);
    this.#context.log(`${key}: attempt ${String(count)} failed, next in ${String(delayMs / 1000)} s`);
    const reason = object.metadata.deletionTimestamp === undefined ? 'InstallFailed' : 'UninstallFailed';
    await announce(this.#context, object, { type: 'Warning', reason, message: error.message });
  }
}

/** One spec of one object; a deletion is a spec of its own. */
function versionOf({ metadata }: KubeObject): string {
  return [metadata.uid, metadata.generation, metadata.deletionTimestamp].join('/');
}
