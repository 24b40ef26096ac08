import type { Clock } from '../../base/index.ts';
import type { InstallerLog } from './log.ts';
import type { Phase } from './phase.ts';
import { record, updatePercentage, type JournalEntry, type PhaseRecord, type StateKeeper } from './state/index.ts';

/** A phase that is blocked for this long is stalled; it says so again at the same interval. */
const STALLED_AFTER_MS = 30_000;
/** From this attempt on an error counts as persistent. */
const STALLED_AT_ATTEMPT = 3;
const LONGEST_TEXT = 2000;

export interface PhaseReporterOptions {
  readonly phase: Phase;
  readonly record: PhaseRecord;
  readonly log: InstallerLog;
  readonly keeper: StateKeeper;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** What one phase tells about itself: in the log, in the state, in the journal of events. Registered secrets never pass. */
export class PhaseReporter {
  readonly #options: PhaseReporterOptions;
  readonly #record: PhaseRecord;
  /** Aborts when the phase goes on after it was blocked. */
  #block: AbortController | undefined;
  #waitsFor: string | undefined;

  constructor(options: PhaseReporterOptions) {
    this.#options = options;
    this.#record = options.record;
  }

  get stalled(): boolean {
    return this.#record.state === 'Stalled';
  }

  started(): void {
    this.#record.startedAt ??= this.#now();
    this.#write('INFO', `${this.#record.title}: started`);
    this.#event('started', this.#record.title);
  }

  attempt(): number {
    this.#record.attempts++;
    if (this.#record.state === 'Pending') this.#record.state = 'Active';
    return this.#record.attempts;
  }

  /** An attempt ended with an error; another one follows. */
  failed(error: string): void {
    this.#block?.abort();
    const text = this.#clean(error);
    this.#record.lastError = text;
    const persistent = this.#record.attempts >= STALLED_AT_ATTEMPT;
    if (persistent && !this.stalled) this.#stall(text);
    else {
      this.#write('WARN', `attempt ${String(this.#record.attempts)}: ${text}`);
      this.#event('failed', text);
    }
  }

  done(): void {
    this.#block?.abort();
    Object.assign(this.#record, {
      state: 'Done',
      percentage: 100,
      endedAt: this.#now(),
      message: undefined,
      lastError: undefined,
    });
    updatePercentage(this.#options.keeper.state);
    this.#write('INFO', `${this.#record.title}: done`);
    this.#event('done', this.#record.title);
  }

  log(message: string): void {
    this.#write('INFO', message);
  }

  waiting(message: string): void {
    const text = this.#clean(message);
    const goesOn = this.#block !== undefined;
    if (!goesOn && this.#waitsFor === text) return;
    if (goesOn) this.#unblock();
    this.#waitsFor = text;
    this.#record.message = text;
    this.#write('INFO', `waiting: ${text}`);
    this.#options.keeper.touch();
  }

  blocked(message: string): void {
    const text = this.#clean(message);
    if (this.#block && this.#record.lastError === text) return;
    this.#record.message = text;
    this.#record.lastError = text;
    this.#write('WARN', `blocked: ${text}`);
    this.#event('failed', text);
    this.#options.keeper.touch();
    if (this.#block) return;
    this.#block = new AbortController();
    void this.#watchBlock(AbortSignal.any([this.#options.signal, this.#block.signal]));
  }

  advanced(message: string | undefined, fraction?: number): void {
    if (message !== undefined) this.#record.message = this.#clean(message);
    if (fraction !== undefined) {
      const percentage = Math.floor(100 * Math.min(1, Math.max(0, fraction)));
      this.#record.percentage = Math.max(this.#record.percentage, percentage);
      updatePercentage(this.#options.keeper.state);
    }
    this.#options.keeper.touch();
  }

  async #watchBlock(signal: AbortSignal): Promise<void> {
    for (;;) {
      // The sleep throws for no other reason than the signal: the phase goes on, or the work has ended.
      await this.#options.clock.sleep(STALLED_AFTER_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      const text = this.#record.lastError ?? '';
      if (this.stalled) this.#write('WARN', `still stalled: ${text}`);
      else {
        this.#stall(text);
        this.#options.keeper.touch();
      }
    }
  }

  #unblock(): void {
    this.#block?.abort();
    this.#block = undefined;
    this.#record.lastError = undefined;
    if (!this.stalled) return;
    this.#record.state = 'Active';
    this.#write('INFO', `${this.#record.title}: goes on`);
    this.#event('recovered', this.#record.title);
  }

  #stall(text: string): void {
    this.#record.state = 'Stalled';
    this.#write('ERROR', `${this.#record.title}: stalled: ${text}`);
    this.#event('stalled', text);
  }

  #clean(text: string): string {
    return this.#options.log.redactor.redact(text).slice(0, LONGEST_TEXT);
  }

  #write(severity: 'INFO' | 'WARN' | 'ERROR', message: string): void {
    this.#options.log.write(severity, this.#record.id, message);
  }

  #event(type: JournalEntry['type'], message: string): void {
    record(this.#options.keeper.state, {
      time: this.#now(),
      type,
      phase: this.#record.id,
      message: this.#clean(message).slice(0, 500),
    });
  }

  #now(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }
}
