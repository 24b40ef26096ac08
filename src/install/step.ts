import type { Deadline } from '../base/index.ts';
import type { Effects } from './effects.ts';

/** What a look at the real world says about a step. */
export interface Probe {
  readonly state: 'absent' | 'partial' | 'done';
  /** One line: what was seen. */
  readonly reason: string;
}

/** A change that a step would make, for a dry run. */
export interface PlannedChange {
  readonly action: 'create' | 'change' | 'write' | 'run';
  /** The object, file or command. */
  readonly subject: string;
  /** Unified diff against the live object or the file on disk, without secrets. */
  readonly diff?: string;
}

export interface StepRun {
  readonly effects: Effects;
  readonly signal: AbortSignal;
  /** When the step must have ended, for messages. */
  readonly deadline: Deadline;
}

/**
 * One step of the guide. `probe` looks and changes nothing; `plan` says what would change; `act` is idempotent and makes
 * every change through `run.effects`; `wait` watches until the observed result and explains itself through events.
 */
export interface Step<Context> {
  readonly id: string;
  readonly title: string;
  /** Limit for `act` and `wait` together unless --timeout says otherwise. */
  readonly timeoutMs: number;
  /** What is said of a changed input that the world does not show, so that `probe` cannot tell it. */
  readonly changeIsIgnored?: string;
  /** Everything the step's effects depend on; its hash is journaled. Needs no cluster. */
  inputs(context: Context): Promise<unknown>;
  probe(context: Context): Promise<Probe>;
  plan?(context: Context): Promise<readonly PlannedChange[]>;
  act(context: Context, run: StepRun): Promise<void>;
  wait?(context: Context, run: StepRun): Promise<void>;
}
