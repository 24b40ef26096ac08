import { createHash } from 'node:crypto';
import type { EventStream } from '../base/index.ts';
import type { Journal, JournalRecord } from './journal.ts';

/** Hash of anything that JSON can hold, independent of the order of keys. */
export function hashInputs(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonical(value)).digest('hex').slice(0, 32)}`;
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object')
    return `{${Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`)
      .join(',')}}`;
  return JSON.stringify(value) ?? 'null';
}

/** What the journal says of an effect with the same inputs: never begun, begun and not ended, ended. */
export type EffectState = 'new' | 'begun' | 'ended';

export interface Effect {
  /** Names the effect within its step, e.g. `push cluster-api-provider-dcs`. */
  readonly effect: string;
  /** What it depends on; a hash of it goes into the journal. */
  readonly inputs: unknown;
  /**
   * Looks whether the world shows this effect with these inputs. Trusted before the journal; `history` says what the
   * journal holds, for effects that the world shows only in part.
   */
  readonly observe: (history: EffectState) => Promise<boolean>;
  /** Must be safe to repeat: a kill may strike between its end and the journal's record of it. */
  readonly run: (record: EffectRecorder) => Promise<void>;
}

export interface EffectRecorder {
  /** Remembers the program that carries the effect out, so that a later run can wait for it. */
  processStarted(pid: number, startTicks: string): Promise<void>;
  /** The program of an earlier run of this very effect, if its start was recorded and its end was not. */
  readonly earlierProcess: { readonly pid: number; readonly startTicks: string } | undefined;
}

interface EffectHistory {
  started?: Extract<JournalRecord, { type: 'effect-started' }>;
  process?: { pid: number; startTicks: string };
  end?: Extract<JournalRecord, { type: 'effect-done' | 'effect-observed' | 'effect-lost' }>;
}

/** Carries effects out through the journal: the one gate through which every change of the world goes. */
export class Effects {
  readonly #journal: Journal;
  readonly #events: EventStream;
  readonly #step: string;

  constructor(options: { readonly journal: Journal; readonly events: EventStream; readonly step: string }) {
    this.#journal = options.journal;
    this.#events = options.events;
    this.#step = options.step;
  }

  /** Does what is not done: looks first, records before and after. */
  async perform(effect: Effect): Promise<'done' | 'observed'> {
    const inputs = hashInputs(effect.inputs);
    const names = { step: this.#step, effect: effect.effect } as const;
    const last = this.#last(effect.effect);
    const recordedDone = last.end !== undefined && last.end.type !== 'effect-lost' && last.end.inputs === inputs;
    const begun = last.started?.inputs === inputs && last.end === undefined;
    const present = await effect.observe(recordedDone ? 'ended' : begun ? 'begun' : 'new');
    if (present) {
      if (!recordedDone) await this.#journal.append({ type: 'effect-observed', ...names, inputs });
      this.#events.emit({ type: 'effect', ...names, phase: 'observed' });
      return 'observed';
    }
    if (recordedDone) {
      await this.#journal.append({ type: 'effect-lost', ...names, inputs });
      this.#events.log('warn', `${effect.effect}: had been done and is not so any more; it is done again`);
    }
    await this.#journal.append({ type: 'effect-started', ...names, inputs });
    this.#events.emit({ type: 'effect', ...names, phase: 'started' });
    try {
      await effect.run({
        processStarted: (pid, startTicks) =>
          this.#journal.append({ type: 'effect-process', ...names, pid, startTicks }),
        earlierProcess: begun ? last.process : undefined,
      });
    } catch (error) {
      this.#events.emit({ type: 'effect', ...names, phase: 'failed' });
      throw error;
    }
    await this.#journal.append({ type: 'effect-done', ...names, inputs });
    this.#events.emit({ type: 'effect', ...names, phase: 'done' });
    return 'done';
  }

  #last(effect: string): EffectHistory {
    const found: EffectHistory = {};
    for (const record of this.#journal.records) {
      if (!('effect' in record) || record.effect !== effect || record.step !== this.#step) continue;
      switch (record.type) {
        case 'effect-started':
          found.started = record;
          delete found.end;
          break;
        case 'effect-process':
          found.process = { pid: record.pid, startTicks: record.startTicks };
          break;
        case 'effect-done':
        case 'effect-observed':
        case 'effect-lost':
          found.end = record;
          delete found.process;
          break;
      }
    }
    return found;
  }
}
