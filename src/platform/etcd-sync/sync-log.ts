import { Redactor, type Clock } from '../../base/index.ts';

/** The lines of the Pod's log: time, severity, text. Registered secrets never pass. */
export class SyncLog {
  readonly redactor = new Redactor();
  readonly #sink: (line: string) => void;
  readonly #clock: Clock;

  constructor(sink: (line: string) => void, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
  }

  write(severity: 'INFO' | 'WARN' | 'ERROR', message: string): void {
    const text = this.redactor.redact(message).replaceAll(/\s*\n\s*/g, ' | ');
    this.#sink(`${new Date(this.#clock.now()).toISOString()} ${severity.padEnd(5)} ${text}`);
  }
}
