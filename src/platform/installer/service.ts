import { toGlobalctlError, type GlobalctlError } from '../../base/index.ts';
import type { CompleteConfig } from './config.ts';
import { InstallerLog } from './log.ts';
import type { Phase } from './phase.ts';
import { clusterBlockFault, findGlobalCluster } from './phases/find-cluster.ts';
import { progressOf, type ProgressBody } from './progress.ts';
import { parseRequest, secretsOf, type InstallerRequest, type RequestFault } from './request.ts';
import { PhaseRunner } from './runner.ts';
import { hashRequest, isTakenOver, StateStore, type InstallerState } from './state.ts';

export type SubmitAnswer =
  | { readonly outcome: 'accepted' }
  | { readonly outcome: 'invalid'; readonly faults: readonly RequestFault[] }
  | { readonly outcome: 'busy'; readonly message: string };

/** How long to wait before a run goes on that ended because the state could not be read or written. */
const RECOVERY_MS = 2000;

/** The installer without its HTTP: takes one request, works on it, goes on with it after a restart. */
export class InstallerService {
  readonly #config: CompleteConfig;
  readonly #phases: readonly Phase[];
  readonly #log: InstallerLog;
  #state: InstallerState | undefined;
  #run: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
  /** Requests are looked at one after the other. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(config: CompleteConfig, phases: readonly Phase[]) {
    this.#config = config;
    this.#phases = phases;
    this.#log = new InstallerLog(config.logSink, config.clock);
  }

  /** Reads the state and goes on where it says. Throws what the API server throws. */
  async resume(): Promise<void> {
    const store = new StateStore(this.#config.client);
    const state = await store.load(this.#config.signal);
    if (state === undefined) {
      this.#log.write('INFO', 'installer', 'ready for a request');
      return;
    }
    this.#adopt(state);
    if (state.completedAt !== undefined) {
      this.#log.write('INFO', 'installer', 'the installation is complete');
      return;
    }
    this.#log.write('INFO', 'installer', `going on with the request of ${state.acceptedAt}`);
    this.#start(state, store);
  }

  submit(body: unknown): Promise<SubmitAnswer> {
    const answer = this.#queue.then(() => this.#submit(body));
    this.#queue = answer.catch(() => undefined);
    return answer;
  }

  progress(): ProgressBody {
    return progressOf(this.#state);
  }

  async close(): Promise<void> {
    this.#run?.stop.abort();
    await this.#run?.ended;
  }

  async #submit(body: unknown): Promise<SubmitAnswer> {
    const parsed = parseRequest(body);
    if (!parsed.ok) return { outcome: 'invalid', faults: parsed.faults };
    const { request } = parsed;
    const faults = await this.#faultsOfPlace(request);
    if (faults.length > 0) return { outcome: 'invalid', faults };
    const requestHash = hashRequest(request);
    if (this.#state?.requestHash === requestHash) return { outcome: 'accepted' };
    if (this.#state?.completedAt !== undefined)
      return { outcome: 'busy', message: 'the installation is complete; it was done with another request' };
    // A request that gets nowhere may be corrected; one that makes progress is not disturbed.
    if (this.#state !== undefined && progressOf(this.#state).status !== 'Stalled')
      return { outcome: 'busy', message: 'another request is being worked on' };
    await this.close();

    const store = new StateStore(this.#config.client);
    await store.load(this.#config.signal);
    const state: InstallerState = {
      request,
      requestHash,
      acceptedAt: new Date(this.#config.clock.now()).toISOString(),
      phases: this.#phases.map(({ id, title }) => ({ id, title, state: 'Pending', attempts: 0 })),
    };
    await store.save(state, this.#config.signal);
    this.#adopt(state);
    this.#log.write('INFO', 'installer', `request accepted: products ${request.product.join(', ')}`);
    this.#start(state, store);
    return { outcome: 'accepted' };
  }

  /** Faults that only show beside the cluster's objects. Nothing can be said while those cannot be read. */
  async #faultsOfPlace(request: InstallerRequest): Promise<RequestFault[]> {
    const { client, signal } = this.#config;
    const faults: RequestFault[] = [];
    if (request.registry.domain === `${request.hostIP}:11443`)
      faults.push({ pointer: '/registry/domain', message: 'is the bootstrap registry; it must be the platform’s own' });
    const found = await findGlobalCluster(client, signal).catch(() => undefined);
    const fault = found && clusterBlockFault(found.infra.kind, request);
    if (fault !== undefined) faults.push({ pointer: '/cluster', message: fault });
    return faults;
  }

  #adopt(state: InstallerState): void {
    this.#state = state;
    for (const secret of secretsOf(state.request)) this.#log.redactor.add(secret);
  }

  #start(state: InstallerState, store: StateStore): void {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.#config.signal]);
    this.#run = { stop, ended: this.#work(state, store, signal) };
  }

  async #work(first: InstallerState, firstStore: StateStore, signal: AbortSignal): Promise<void> {
    let [state, store] = [first, firstStore];
    while (!signal.aborted) {
      const runner = new PhaseRunner({ config: this.#config, phases: this.#phases, log: this.#log, store });
      try {
        await runner.run(state, signal);
        return;
      } catch (thrown) {
        if (signal.aborted) return;
        this.#report(toGlobalctlError(thrown), isTakenOver(thrown));
      }
      // Only the state store's own failures end a run. Read it again: whoever wrote last is right.
      try {
        await this.#config.clock.sleep(RECOVERY_MS, signal);
        store = new StateStore(this.#config.client);
        const stored = await store.load(signal);
        if (stored !== undefined) state = stored;
        this.#adopt(state);
      } catch (thrown) {
        if (!signal.aborted) this.#report(toGlobalctlError(thrown), false);
      }
    }
  }

  #report(error: GlobalctlError, takenOver: boolean): void {
    const what = takenOver ? 'the state was written by another installer' : 'the state cannot be kept';
    this.#log.write('WARN', 'installer', `${what}: ${error.code}: ${error.message}`);
  }
}
