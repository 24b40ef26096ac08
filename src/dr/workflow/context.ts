import { toGlobalctlError } from '../../base/index.ts';
import { domainLeadsTo, runDomainHook, type DomainLook } from '../domain.ts';
import { platformDomain, vipOf, type SideName } from '../pair.ts';
import {
  askCheck,
  checkSync,
  readSyncMetrics,
  type MonitorPlace,
  type SyncCheck,
  type SyncMetrics,
  type SyncUnable,
} from '../sync/monitor.ts';
import type { JournalRecord, StepRun } from '../../install/index.ts';
import type { PairRun } from './pair-run.ts';
import { SideClusters } from './sides.ts';

/** How often a state is looked at that nothing tells changes of: a name server, a check of both sides. */
const LOOK_MS = 1000;

/** What the steps of a workflow over a pair know. */
export class DrContext implements AsyncDisposable {
  readonly run: PairRun;
  readonly sides: SideClusters;
  /** Set by steps that leave no trace in the world, for the look after them. */
  readonly said = new Set<string>();
  /** What the journal held before this run; empty in a plan. */
  records: readonly JournalRecord[] = [];

  constructor(run: PairRun) {
    this.run = run;
    this.sides = new SideClusters(run);
  }

  domainLeadsTo(side: SideName): Promise<DomainLook> {
    return domainLeadsTo(this.run.pair, side, this.sides);
  }

  async check(side: SideName, signal: AbortSignal): Promise<SyncCheck> {
    return await checkSync(await this.#monitor(side, signal));
  }

  /** The comparison, or why there is none; also when the synchronizer does not answer at all. */
  async tryCheck(side: SideName, signal: AbortSignal): Promise<SyncCheck | SyncUnable> {
    try {
      return await askCheck(await this.#monitor(side, signal));
    } catch (error) {
      if (signal.aborted) throw error;
      return { reason: toGlobalctlError(error).message };
    }
  }

  async metrics(side: SideName, signal: AbortSignal): Promise<SyncMetrics> {
    return await readSyncMetrics(await this.#monitor(side, signal));
  }

  async #monitor(side: SideName, signal: AbortSignal): Promise<MonitorPlace> {
    return { client: await this.sides.client(side), proxyUrl: await this.sides.proxy(side), signal };
  }

  /**
   * Leads the platform domain to a side, by the hook or by whoever reads the message, and returns when it leads there. Throws
   * CANCELLED at the deadline of the step.
   */
  async switchDomain(step: string, side: SideName, run: StepRun): Promise<void> {
    const { pair, events } = this.run;
    const domain = platformDomain(pair);
    const ip = vipOf(pair, side);
    const hook = this.run.domain?.hook ?? pair[side].loaded.site.dr?.domainHook;
    const look = (): Promise<DomainLook> => this.domainLeadsTo(side);
    if (hook)
      await run.effects.perform({
        effect: `lead ${domain} to ${ip}`,
        inputs: { domain, ip, hook },
        observe: async () => (await look()).ok,
        run: () => runDomainHook(hook, { domain, ip, signal: run.signal }),
      });
    await this.until(step, `${domain} to lead to the ${side} side`, run, async () => {
      const seen = await look();
      if (seen.ok) return true;
      const words = hook ? seen.observed : `${seen.observed}; lead ${domain} to ${ip} in DNS now`;
      return words;
    });
    events.log('info', `${domain} leads to the ${side} side (${ip})`);
  }

  /** Looks until the answer is true; what is answered else is shown as the state of the wait. Ends with the step's deadline. */
  async until(step: string, subject: string, run: StepRun, look: () => Promise<true | string>): Promise<void> {
    const { events, clock } = this.run;
    for (let said = ''; ;) {
      const seen = await look();
      if (seen === true) return;
      if (seen !== said) events.emit({ type: 'wait', step, subject, message: seen, deadline: run.deadline.toString() });
      said = seen;
      await clock.sleep(LOOK_MS, run.signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sides[Symbol.asyncDispose]();
  }
}
