import type { Clock } from '../../base/index.ts';
import type { MirrorStatus } from './events.ts';

/** How far a mirror is. */
export class Progress {
  phase: MirrorStatus['phase'] = 'starting';
  readonly counts = { errors: 0, reconnects: 0, copies: 0 };
  readonly #clock: Clock;
  /** What the source last said is believed for this long. */
  readonly #staleMs: number;
  #revision = 0;
  #sourceRevision = 0;
  #heardMs = 0;
  #levelMs = 0;
  #written = { keysPut: 0, keysDeleted: 0, bytes: 0, transactions: 0 };

  constructor(clock: Clock, idleMs = 1000) {
    this.#clock = clock;
    this.#staleMs = 3 * idleMs;
  }

  /** The source's revision that the target shows. */
  get revision(): number {
    return this.#revision;
  }

  /** The source said that it is at this revision. */
  hear(revision: number): void {
    this.#sourceRevision = Math.max(this.#sourceRevision, revision);
    this.#heardMs = this.#clock.now();
    if (this.#isLevel) this.#levelMs = this.#heardMs;
  }

  /** The target shows this revision. */
  reach(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
    if (this.#isLevel) this.#levelMs = this.#clock.now();
  }

  wrote({
    puts,
    deletions,
    bytes,
  }: {
    readonly puts: number;
    readonly deletions: number;
    readonly bytes: number;
  }): void {
    this.#written.keysPut += puts;
    this.#written.keysDeleted += deletions;
    this.#written.bytes += bytes;
    this.#written.transactions++;
  }

  get status(): MirrorStatus {
    const nowMs = this.#clock.now();
    const isLevel = this.#isLevel && nowMs - this.#heardMs <= this.#staleMs;
    const lagSeconds = this.#levelMs === 0 ? Infinity : isLevel ? 0 : (nowMs - this.#levelMs) / 1000;
    return {
      phase: this.phase,
      revision: this.#revision,
      sourceRevision: Math.max(this.#sourceRevision, this.#revision),
      lagSeconds,
      ...this.#written,
      ...this.counts,
    };
  }

  get #isLevel(): boolean {
    return this.#revision > 0 && this.#revision >= this.#sourceRevision;
  }
}
