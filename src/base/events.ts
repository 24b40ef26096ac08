/**
 * The one event stream. Everything that happens during a run is a typed event; the terminal view, `--output json`, the log
 * file and the console are readers of it.
 */

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type GlobalctlEvent =
  | {
      readonly type: 'run-started';
      readonly runId: string;
      readonly command: string;
      readonly site: string;
      readonly resumed: boolean;
    }
  | {
      readonly type: 'run-finished';
      readonly outcome: 'succeeded' | 'failed' | 'interrupted';
      readonly durationMs: number;
      readonly error?: unknown;
    }
  | {
      readonly type: 'step-started';
      readonly step: string;
      readonly title: string;
      readonly index: number;
      readonly count: number;
    }
  | {
      readonly type: 'step-probed';
      readonly step: string;
      readonly state: 'absent' | 'partial' | 'done';
      readonly reason: string;
    }
  | {
      readonly type: 'step-finished';
      readonly step: string;
      readonly outcome: 'done' | 'already-done' | 'failed';
      readonly durationMs: number;
      readonly error?: unknown;
    }
  /** The present state of a wait. Repeated with the same `subject` it replaces what was said before. */
  | {
      readonly type: 'wait';
      readonly step: string;
      readonly subject: string;
      readonly message: string;
      readonly deadline: string;
      readonly chain?: readonly string[];
    }
  | {
      readonly type: 'progress';
      readonly step: string;
      readonly subject: string;
      readonly done: number;
      readonly total: number;
      readonly unit: 'bytes' | 'objects' | 'percent';
      /** Units a second of late, and the time that the rest takes at that rate. */
      readonly ratePerSecond?: number;
      readonly leftMs?: number | undefined;
    }
  /** An effect on the world, as it also stands in the journal. */
  | {
      readonly type: 'effect';
      readonly step: string;
      readonly effect: string;
      readonly phase: 'started' | 'done' | 'observed' | 'failed';
    }
  /** A line that a program printed. */
  | {
      readonly type: 'output';
      readonly step: string;
      readonly program: string;
      readonly stream: 'stdout' | 'stderr';
      readonly line: string;
    }
  | {
      readonly type: 'log';
      readonly level: LogLevel;
      readonly message: string;
      readonly fields?: Record<string, unknown>;
    };

export type StampedEvent = GlobalctlEvent & { readonly time: string };

export type EventReader = (event: StampedEvent) => void;

/** Hands each event to every reader, in order, at once. A reader that throws is a defect and fails the emit. */
export class EventStream {
  readonly #readers = new Set<EventReader>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  subscribe(reader: EventReader): () => void {
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  }

  emit(event: GlobalctlEvent): void {
    const stamped: StampedEvent = { time: new Date(this.#now()).toISOString(), ...event };
    for (const reader of this.#readers) reader(stamped);
  }

  log(level: LogLevel, message: string, fields?: Record<string, unknown>): void {
    this.emit({ type: 'log', level, message, ...(fields && { fields }) });
  }
}
