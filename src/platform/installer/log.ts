import { Redactor, type Clock } from '../../base/index.ts';

export type LogSeverity = 'INFO' | 'WARN' | 'ERROR';

/** The lines of installer.log: time, severity, phase, text. Registered secrets never pass. */
export class InstallerLog {
  readonly redactor = new Redactor();
  readonly #sink: (line: string) => void;
  readonly #clock: Clock;

  constructor(sink: (line: string) => void, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
  }

  write(severity: LogSeverity, phase: string, message: string): void {
    const text = this.redactor.redact(message).replaceAll(/\s*\n\s*/g, ' | ');
    this.#sink(`${new Date(this.#clock.now()).toISOString()} ${severity.padEnd(5)} [${phase}] ${text}`);
  }
}
