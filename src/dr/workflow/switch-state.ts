import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, writeFileAtomic, readTextIfPresent } from '../../base/index.ts';
import { readJournal } from '../../install/index.ts';
import type { LiveMachine } from '../gates/index.ts';
import type { SideName } from '../pair.ts';

export type SwitchKind = 'switchover' | 'failover' | 'failback';

/** What one switch set out to do; kept beside its journal, so that a run after a kill goes the same way. */
export interface SwitchState {
  /** `switchover-3`: name of its journal. */
  readonly id: string;
  readonly kind: SwitchKind;
  /** The side that was active when it began. */
  readonly from: SideName;
  /** The side that is active when it has ended. */
  readonly to: SideName;
  readonly startedAt: string;
  /** The machines that the surviving side knew when it began; none of them may be lost. */
  readonly machines: readonly LiveMachine[];
}

/** The switch that an earlier run began and did not end. */
export async function openSwitch(stateFolder: string): Promise<SwitchState | undefined> {
  for (const state of await readSwitches(stateFolder)) {
    const records = await readJournal(join(stateFolder, `${state.id}.jsonl`));
    const ended = records.some((record) => record.type === 'run-finished' && record.outcome === 'succeeded');
    if (!ended) return state;
  }
  return undefined;
}

/** Writes down a new switch, under the next number. */
export async function beginSwitch(stateFolder: string, state: Omit<SwitchState, 'id'>): Promise<SwitchState> {
  const number = (await readSwitches(stateFolder)).length + 1;
  const begun: SwitchState = { ...state, id: `${state.kind}-${String(number)}` };
  await writeFileAtomic(join(stateFolder, `${begun.id}.json`), `${JSON.stringify(begun, null, 2)}\n`, 0o600);
  return begun;
}

async function readSwitches(stateFolder: string): Promise<SwitchState[]> {
  let names: string[];
  try {
    names = await readdir(stateFolder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
  const states: SwitchState[] = [];
  for (const name of names.filter((file) => /^(?:switchover|failover|failback)-\d+\.json$/.test(file)).sort()) {
    const text = await readTextIfPresent(join(stateFolder, name));
    if (text !== undefined) states.push(JSON.parse(text) as SwitchState);
  }
  return states;
}
