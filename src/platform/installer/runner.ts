import { GlobalctlError, toGlobalctlError } from '../../base/index.ts';
import { PLATFORM_NAMESPACE, fieldAt, resources, type KubeClient } from '../../kube/index.ts';
import type { CompleteConfig } from './config.ts';
import type { InstallerLog } from './log.ts';
import type { Phase } from './phase.ts';
import { GLOBAL } from './payload.ts';
import { PhaseReporter } from './phase-reporter.ts';
import type { InstallerRequest } from './request.ts';
import { record, updatePercentage, type PhaseRecord, type StateKeeper } from './state/index.ts';

/** Delays between attempts of a phase: short at first, then a steady interval. */
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 15_000;

/**
 * Runs the phases in order, each until it succeeds: an installer outlives what is only slow or broken for a while. Every
 * change of a phase is in the cluster before the next thing begins.
 */
export class PhaseRunner {
  readonly #config: CompleteConfig;
  readonly #phases: readonly Phase[];
  readonly #log: InstallerLog;
  readonly #keeper: StateKeeper;
  readonly #request: InstallerRequest;
  #target: { client: KubeClient; kubeconfig: string } | undefined;

  constructor(options: {
    readonly config: CompleteConfig;
    readonly phases: readonly Phase[];
    readonly log: InstallerLog;
    readonly keeper: StateKeeper;
    readonly request: InstallerRequest;
  }) {
    this.#config = options.config;
    this.#phases = options.phases;
    this.#log = options.log;
    this.#keeper = options.keeper;
    this.#request = options.request;
  }

  /** Resolves when all phases are done and the request with its passwords is gone from the cluster. Throws on abort. */
  async run(signal: AbortSignal): Promise<void> {
    const { state } = this.#keeper;
    try {
      for (const phase of this.#phases) {
        const found = state.phases.find((p) => p.id === phase.id);
        if (found !== undefined && found.state !== 'Done') await this.#complete(phase, found, signal);
      }
      state.completedAt = this.#now();
      updatePercentage(state);
      record(state, { time: state.completedAt, type: 'complete', message: 'the installation is complete' });
      this.#keeper.dropRequest();
      await this.#keeper.save();
      this.#log.write('INFO', 'complete', 'status: Success, type: Complete');
    } finally {
      await this.#target?.client.close();
      this.#target = undefined;
    }
  }

  async #complete(phase: Phase, found: PhaseRecord, signal: AbortSignal): Promise<void> {
    const { clock } = this.#config;
    const reporter = new PhaseReporter({
      phase,
      record: found,
      log: this.#log,
      keeper: this.#keeper,
      clock,
      signal,
    });
    reporter.started();
    for (;;) {
      signal.throwIfAborted();
      const attempt = reporter.attempt();
      await this.#keeper.save();
      try {
        await phase.run({
          config: this.#config,
          request: this.#request,
          source: this.#config.client,
          target: () => this.#connect(signal),
          signal,
          log: (message) => reporter.log(message),
          waiting: (message) => reporter.waiting(message),
          blocked: (message) => reporter.blocked(message),
          advanced: (message, fraction) => reporter.advanced(message, fraction),
        });
        break;
      } catch (thrown) {
        if (signal.aborted) throw thrown;
        reporter.failed(describeFailure(toGlobalctlError(thrown)));
        await this.#keeper.save();
        await clock.sleep(Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt - 1, 6)), signal);
      }
    }
    reporter.done();
    await this.#keeper.save();
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

/** Code, message and particulars in one line. */
export function describeFailure(error: GlobalctlError): string {
  const { subject, expected, found } = error.details;
  const particulars = [subject, expected && `expected ${expected}`, found && `found ${found}`].filter(Boolean);
  return [`${error.code}: ${error.message}`, ...particulars].join('; ');
}
