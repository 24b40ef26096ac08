import { GlobalctlError, toGlobalctlError } from '../../base/index.ts';
import { PLATFORM_NAMESPACE, fieldAt, resources, type KubeClient } from '../../kube/index.ts';
import type { CompleteConfig } from './config.ts';
import type { InstallerLog } from './log.ts';
import type { Phase, PhaseContext } from './phase.ts';
import type { InstallerState, PhaseRecord, StateStore } from './state.ts';
import { GLOBAL } from './payload.ts';

/** Delays between attempts of a phase: short at first, then a steady interval. */
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 15_000;
/** From this attempt on an error counts as persistent and the phase as stalled. */
const STALLED_AFTER = 3;

/**
 * Runs the phases in order, each until it succeeds: an installer outlives what is only slow or broken for a while. Every
 * change is in the state store before the next thing begins.
 */
export class PhaseRunner {
  readonly #config: CompleteConfig;
  readonly #phases: readonly Phase[];
  readonly #log: InstallerLog;
  readonly #store: StateStore;
  #target: { client: KubeClient; kubeconfig: string } | undefined;

  constructor(options: {
    readonly config: CompleteConfig;
    readonly phases: readonly Phase[];
    readonly log: InstallerLog;
    readonly store: StateStore;
  }) {
    this.#config = options.config;
    this.#phases = options.phases;
    this.#log = options.log;
    this.#store = options.store;
  }

  /** Resolves when all phases are done; throws CANCELLED on abort, and KUBE_API (Conflict) when another installer took over. */
  async run(state: InstallerState, signal: AbortSignal): Promise<void> {
    try {
      for (const phase of this.#phases) {
        const record = state.phases.find((p) => p.id === phase.id);
        if (record !== undefined && record.state !== 'Done') await this.#complete(phase, record, state, signal);
      }
      state.completedAt = this.#now();
      await this.#store.save(state, signal);
      this.#log.write('INFO', 'complete', 'status: Success, type: Complete');
    } finally {
      await this.#target?.client.close();
      this.#target = undefined;
    }
  }

  async #complete(phase: Phase, record: PhaseRecord, state: InstallerState, signal: AbortSignal): Promise<void> {
    record.startedAt ??= this.#now();
    this.#log.write('INFO', phase.id, `${phase.title}: started`);
    for (;;) {
      signal.throwIfAborted();
      record.attempts++;
      if (record.state === 'Pending') record.state = 'Active';
      await this.#store.save(state, signal);
      try {
        await phase.run(this.#contextFor(phase, record, state, signal));
        break;
      } catch (thrown) {
        if (signal.aborted) throw thrown;
        await this.#failed(phase, record, state, toGlobalctlError(thrown), signal);
      }
    }
    record.state = 'Done';
    record.endedAt = this.#now();
    record.message = undefined;
    record.lastError = undefined;
    await this.#store.save(state, signal);
    this.#log.write('INFO', phase.id, `${phase.title}: done`);
  }

  async #failed(
    phase: Phase,
    record: PhaseRecord,
    state: InstallerState,
    error: GlobalctlError,
    signal: AbortSignal,
  ): Promise<void> {
    const { subject, expected, found } = error.details;
    const particulars = [subject, expected && `expected ${expected}`, found && `found ${found}`].filter(Boolean);
    const text = this.#log.redactor.redact([`${error.code}: ${error.message}`, ...particulars].join('; '));
    record.lastError = text;
    if (record.attempts >= STALLED_AFTER && record.state !== 'Stalled') {
      record.state = 'Stalled';
      this.#log.write('ERROR', phase.id, `${phase.title}: stalled: ${text}`);
    } else this.#log.write('WARN', phase.id, `attempt ${String(record.attempts)}: ${text}`);
    await this.#store.save(state, signal);
    const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(record.attempts - 1, 6));
    await this.#config.clock.sleep(delayMs, signal);
  }

  #contextFor(phase: Phase, record: PhaseRecord, state: InstallerState, signal: AbortSignal): PhaseContext {
    const { redactor } = this.#log;
    return {
      config: this.#config,
      request: state.request,
      source: this.#config.client,
      target: () => this.#connect(signal),
      signal,
      log: (message) => this.#log.write('INFO', phase.id, message),
      waiting: (message) => {
        const text = redactor.redact(message);
        if (record.message === text) return;
        record.message = text;
        this.#log.write('INFO', phase.id, `waiting: ${text}`);
      },
      advanced: (message) => {
        record.message = redactor.redact(message);
      },
    };
  }

  async #connect(signal: AbortSignal): Promise<{ client: KubeClient; kubeconfig: string }> {
    if (this.#target) return this.#target;
    const name = `${GLOBAL}-kubeconfig`;
    const ref = { name, namespace: PLATFORM_NAMESPACE };
    const value = fieldAt(await this.#config.client.find(resources.secrets, ref, signal), 'data', 'value');
    if (typeof value !== 'string')
      throw new GlobalctlError('INSTALLER_NOT_READY', {
        message: `Secret ${name} with the kubeconfig of the new cluster does not exist`,
        subject: `Secret ${PLATFORM_NAMESPACE}/${name}`,
      });
    const kubeconfig = Buffer.from(value, 'base64').toString('utf8');
    this.#target = { client: await this.#config.connectCluster(kubeconfig), kubeconfig };
    return this.#target;
  }

  #now(): string {
    return new Date(this.#config.clock.now()).toISOString();
  }
}
