import type { Clock } from '../../base/index.ts';

export interface PushProgress {
  /** Bytes at the registry or on their way, of those that it lacked when the push began. */
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Of the last seconds. */
  readonly bytesPerSecond: number;
  /** At this rate; undefined while there is none. */
  readonly leftMs: number | undefined;
}

const WINDOW_MS = 5000;
const TELL_EVERY_MS = 200;

/** Counts the bytes of a push and tells of them a few times a second, with the rate of the last seconds. */
export class ProgressMeter {
  readonly totalBytes: number;
  readonly #clock: Clock;
  readonly #tell: (progress: PushProgress) => void;
  readonly #samples: { readonly atMs: number; readonly doneBytes: number }[];
  #doneBytes = 0;

  constructor(totalBytes: number, clock: Clock, tell: (progress: PushProgress) => void) {
    this.totalBytes = totalBytes;
    this.#clock = clock;
    this.#tell = tell;
    this.#samples = [{ atMs: clock.now(), doneBytes: 0 }];
  }

  /** Bytes that went out; a negative number takes back what went out in vain. */
  add(bytes: number): void {
    this.#doneBytes += bytes;
    const atMs = this.#clock.now();
    if (atMs - (this.#samples.at(-1)?.atMs ?? 0) >= TELL_EVERY_MS) this.#sample(atMs);
  }

  /** Tells of the last bytes. */
  finish(): void {
    this.#sample(this.#clock.now());
  }

  #sample(atMs: number): void {
    this.#samples.push({ atMs, doneBytes: this.#doneBytes });
    while (this.#samples.length > 2 && atMs - (this.#samples[0]?.atMs ?? 0) > WINDOW_MS) this.#samples.shift();
    const [first] = this.#samples;
    const elapsedMs = atMs - (first?.atMs ?? atMs);
    const bytesPerSecond =
      elapsedMs === 0 ? 0 : Math.max(0, ((this.#doneBytes - (first?.doneBytes ?? 0)) / elapsedMs) * 1000);
    const leftBytes = this.totalBytes - this.#doneBytes;
    this.#tell({
      doneBytes: this.#doneBytes,
      totalBytes: this.totalBytes,
      bytesPerSecond,
      leftMs: bytesPerSecond === 0 ? undefined : (leftBytes / bytesPerSecond) * 1000,
    });
  }
}
