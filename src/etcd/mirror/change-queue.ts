import type { Op } from '../key-value-store.ts';
import { FLAT_OPS } from './pack-ops.ts';

/** What one revision of the source, or several merged into one, does to the target. */
export interface Change {
  /** The source's revision that the target shows when this is done. */
  readonly revision: number;
  /** One for each key that takes part. */
  readonly ops: readonly Op[];
  /** Events of the source that this stands for. */
  readonly events: number;
  readonly bytes: number;
  /** The position is to be written although nothing else is. */
  readonly flush?: boolean | undefined;
  /** When it was read, by a monotonic clock, in milliseconds. */
  readonly readMs: number;
}

/** Merged changes stay below etcd's default limit of a request, 1.5 MiB. */
const MERGED_BYTES = 1024 * 1024;
/** What may wait to be written. */
const WAITING_BYTES = 8 * 1024 * 1024;
const WAITING_CHANGES = 4096;

/** Changes between the watch that reads them and the transactions that write them, in the order of their revisions. */
export class ChangeQueue {
  #changes: Change[] = [];
  #bytes = 0;
  #failure: { readonly error: unknown } | undefined;
  #wakeReader: () => void = () => undefined;
  #wakeWriter: () => void = () => undefined;

  /** Adds a change; the promise, when there is one, waits until there is room again. */
  push(change: Change): Promise<void> | undefined {
    this.#changes.push(change);
    this.#bytes += change.bytes;
    this.#wakeWriter();
    if (this.#failure || (this.#bytes < WAITING_BYTES && this.#changes.length < WAITING_CHANGES)) return undefined;
    return new Promise((resolve) => (this.#wakeReader = resolve));
  }

  /** No more changes come: `take` throws this, once what waits is taken; a reader that waits for room goes on. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wakeReader();
    this.#wakeWriter();
  }

  /**
   * Waits for changes and merges as many whole ones as fit into one transaction: of several writes of one key the last stands,
   * in the place of the first. A change that does not fit beside another comes alone. Throws what `fail` was told.
   */
  async take(): Promise<Change> {
    while (this.#changes.length === 0) {
      if (this.#failure) throw this.#failure.error;
      await new Promise<void>((resolve) => (this.#wakeWriter = resolve));
    }
    const ops = new Map<string, Op>();
    let [taken, revision, events, bytes] = [0, 0, 0, 0];
    let flush = false;
    for (const change of this.#changes) {
      const fits = ops.size + change.ops.length <= FLAT_OPS && bytes + change.bytes <= MERGED_BYTES;
      if (taken > 0 && !fits && change.ops.length > 0) break;
      for (const op of change.ops) if (op.type !== 'txn') ops.set(Buffer.from(op.key).toString('latin1'), op);
      taken++;
      revision = Math.max(revision, change.revision);
      flush ||= change.flush === true;
      events += change.events;
      bytes += change.bytes;
    }
    const readMs = this.#changes[0]?.readMs ?? 0;
    this.#changes.splice(0, taken);
    this.#bytes -= bytes;
    if (this.#bytes < WAITING_BYTES / 2) this.#wakeReader();
    return { revision, ops: [...ops.values()], events, bytes, flush, readMs };
  }
}
