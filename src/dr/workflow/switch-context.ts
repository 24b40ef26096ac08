import { machinesGate, prefixGate, readLive, syncGate, type DrGate, type LiveView } from '../gates/index.ts';
import { otherSide, type SideName } from '../pair.ts';
import { DrContext } from './context.ts';
import type { PairRun } from './pair-run.ts';
import type { SwitchState } from './switch-state.ts';

/** What the steps of one switch know. */
export class SwitchContext extends DrContext {
  readonly state: Omit<SwitchState, 'id'>;
  /** Ids of gates that were named as accepted; every other closed gate stops the switch. */
  readonly accepted: ReadonlySet<string>;

  constructor(run: PairRun, state: Omit<SwitchState, 'id'>, accepted: readonly string[] = []) {
    super(run);
    this.state = state;
    this.accepted = new Set(accepted);
  }

  /** From here on the sides may differ: what comes before the end of the synchronizer is not gone through again. */
  get isPastSync(): boolean {
    const begun: readonly string[] = ['effect-started', 'effect-observed', 'step-finished'];
    return this.records.some(
      (record) => begun.includes(record.type) && 'step' in record && record.step === 'stop-sync',
    );
  }

  async live(side: SideName, signal: AbortSignal): Promise<LiveView> {
    return await readLive(await this.sides.client(side), this.run.pair[side].provider, signal);
  }

  /** Every gate as it is found now, on the sides that answer. What was accepted says so. */
  async gates(signal: AbortSignal): Promise<DrGate[]> {
    const { to } = this.state;
    const gates: DrGate[] = [syncGate(await this.tryCheck(to, signal))];
    for (const side of [to, otherSide(to)]) {
      if (!(await this.sides.reachable(side, signal))) continue;
      const live = await this.live(side, signal);
      gates.push(machinesGate(side, live), prefixGate(side, live));
    }
    return gates.map((gate) =>
      !gate.ok && this.accepted.has(gate.id) ? { ...gate, ok: true, observed: `accepted: ${gate.observed}` } : gate,
    );
  }
}
