import { randomUUID } from 'node:crypto';
import { toGlobalctlError } from '../../base/index.ts';
import type { CompleteConfig } from './config.ts';
import type { InstallerLog } from './log.ts';
import { pendingRecord, type Phase } from './phase.ts';
import { openedRequest, secretsOf, type InstallerRequest } from './request.ts';
import { describeFailure, PhaseRunner } from './runner.ts';
import { loadSeal, readState, record, StateKeeper, type StateView, type StoredState } from './state/index.ts';

/** Before the state is looked at again after a run that could not begin or go on. */
const RECOVERY_MS = 2000;

/** The work of the one replica that holds the Lease: whatever request stands, until it is complete. */
export class Leader {
  readonly #config: CompleteConfig;
  readonly #phases: readonly Phase[];
  readonly #log: InstallerLog;
  readonly #view: StateView;
  #term: AbortSignal | undefined;

  constructor(options: {
    readonly config: CompleteConfig;
    readonly phases: readonly Phase[];
    readonly log: InstallerLog;
    readonly view: StateView;
  }) {
    this.#config = options.config;
    this.#phases = options.phases;
    this.#log = options.log;
    this.#view = options.view;
  }

  /** Whether a term lasts. */
  get leads(): boolean {
    return this.#term?.aborted === false;
  }

  /** Resolves when the term ends. */
  async lead(term: AbortSignal): Promise<void> {
    this.#term = term;
    const { client, upkeepClock } = this.#config;
    while ((await this.#view.until((state) => state.completedAt === undefined, term)) !== undefined) {
      try {
        const stored = await readState(client, term);
        if (stored) this.#view.offer(stored.state, stored.uid);
        if (stored && (stored.state.completedAt !== undefined || (await this.#run(stored, term)) !== 'lost')) continue;
      } catch (thrown) {
        if (term.aborted) return;
        this.#log.write('WARN', 'installer', `the work stopped: ${describeFailure(toGlobalctlError(thrown))}`);
      }
      await upkeepClock.sleep(RECOVERY_MS, term).catch(() => undefined);
    }
  }

  /** One run of one request. `replaced`: another request stands in its place; `lost`: another run has written. */
  async #run(stored: StoredState, term: AbortSignal): Promise<'complete' | 'replaced' | 'lost'> {
    const { client, upkeepClock } = this.#config;
    const { requestId } = stored.state;
    const stop = new AbortController();
    const signal = AbortSignal.any([term, stop.signal]);
    const unsubscribe = this.#view.onChange((state) => {
      if (state?.requestId !== requestId) stop.abort('replaced');
    });
    const keeper = new StateKeeper({
      client,
      stored,
      clock: upkeepClock,
      signal,
      onChange: (state, uid) => this.#view.offer(state, uid),
      onTrouble: (error) => this.#log.write('WARN', 'installer', `the state cannot be kept: ${describeFailure(error)}`),
      onLost: (error) => {
        this.#log.write('WARN', 'installer', `${error.message}; this run ends`);
        stop.abort('lost');
      },
    });
    const { state } = keeper;
    state.term++;
    state.revision = 0;
    state.runId = randomUUID();
    // Another version of the installer may have taken the request, with other phases.
    const before = state.phases;
    state.phases = this.#phases.map((phase) => before.find((p) => p.id === phase.id) ?? pendingRecord(phase));
    try {
      const request = await this.#open(stored, keeper, signal);
      for (const secret of secretsOf(request)) this.#log.redactor.add(secret);
      this.#log.write('INFO', 'installer', `working on the request of ${state.acceptedAt}`);
      await new PhaseRunner({ config: this.#config, phases: this.#phases, log: this.#log, keeper, request }).run(
        signal,
      );
      return 'complete';
    } catch (thrown) {
      if (term.aborted || !stop.signal.aborted) throw thrown;
      return stop.signal.reason as 'replaced' | 'lost';
    } finally {
      unsubscribe();
      stop.abort();
    }
  }

  async #open(stored: StoredState, keeper: StateKeeper, signal: AbortSignal): Promise<InstallerRequest> {
    try {
      const seal = await loadSeal(this.#config.client, signal);
      return openedRequest(seal.open(stored.sealed ?? '', stored.state.requestId));
    } catch (thrown) {
      const error = toGlobalctlError(thrown);
      if (error.code !== 'INSTALLER_STATE_INVALID') throw error;
      // Nobody can read the request any more: it has to be sent again, which a stalled stage allows.
      const phase = keeper.state.phases.find((p) => p.state !== 'Done');
      if (phase) {
        phase.state = 'Stalled';
        phase.lastError = `${describeFailure(error)}; send the request again`;
        const time = new Date(this.#config.clock.now()).toISOString();
        record(keeper.state, { time, type: 'stalled', phase: phase.id, message: phase.lastError });
        this.#log.write('ERROR', phase.id, `${phase.title}: stalled: ${phase.lastError}`);
        await keeper.save();
      }
      await this.#view.until((state) => state.requestId !== stored.state.requestId, signal);
      throw error;
    }
  }
}
