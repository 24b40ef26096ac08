import { giveBack } from '../archive/index.ts';
import type { ByteBudget } from './byte-budget.ts';

/** Consecutive bytes of a blob that are held until the registry has them. */
export interface Held {
  readonly parts: readonly Uint8Array[];
  /** Where they begin and end in the blob. */
  readonly start: number;
  readonly end: number;
}

/**
 * The content of one blob on its way from the archive, which is read once and in order, to an upload, which may be slower:
 * as much lies in between as the budget allows. One writer, one reader.
 */
export class PartQueue {
  readonly #budget: ByteBudget;
  readonly #parts: Uint8Array[] = [];
  #at = 0;
  #end: { readonly error?: unknown } | undefined;
  #isDiscarded = false;
  #wake: (() => void) | undefined;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  /** Waits for room. The part belongs to the queue from here on. */
  async push(part: Uint8Array): Promise<void> {
    if (this.#isDiscarded) return giveBack(part);
    await this.#budget.take(part.length);
    // An upload that ended while its content was waiting takes no more of it.
    if (this.#isDiscarded as boolean) this.#forget(part);
    else this.#parts.push(part);
    this.#wake?.();
  }

  /** Says that everything has been pushed, or why it cannot be. */
  end(failure?: { readonly error: unknown }): void {
    this.#end = failure ?? {};
    this.#wake?.();
  }

  /** Drops what comes before `offset` of the blob. */
  async skipTo(offset: number): Promise<void> {
    while (this.#at < offset) {
      const part = await this.#next();
      if (!part) return;
      const rest = part.subarray(Math.min(part.length, offset - this.#at));
      this.#at += part.length - rest.length;
      this.#forget(part.subarray(0, part.length - rest.length));
      if (rest.length > 0) this.#parts.unshift(rest);
    }
  }

  /** So many bytes, or what there is to the end. Give them back by `release`. */
  async gather(bytes: number): Promise<Held> {
    const parts: Uint8Array[] = [];
    const start = this.#at;
    while (this.#at - start < bytes) {
      const part = await this.#next();
      if (!part) break;
      const taken = part.subarray(0, bytes - (this.#at - start));
      if (taken.length < part.length) this.#parts.unshift(part.subarray(taken.length));
      parts.push(taken);
      this.#at += taken.length;
    }
    return { parts, start, end: this.#at };
  }

  /** Everything that is left. A part is given back when the next is asked for, or none any more: it must be out by then. */
  async *drain(): AsyncGenerator<Uint8Array, void, void> {
    for (let part = await this.#next(); part; part = await this.#next()) {
      this.#at += part.length;
      try {
        yield part;
      } finally {
        this.#forget(part);
      }
    }
  }

  release(held: Held): void {
    for (const part of held.parts) this.#forget(part);
  }

  /** Ends the interest in the content: what is held is given back, what still comes is dropped. */
  discard(): void {
    this.#isDiscarded = true;
    for (const part of this.#parts.splice(0)) this.#forget(part);
  }

  #forget(part: Uint8Array): void {
    this.#budget.give(part.length);
    giveBack(part);
  }

  async #next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const part = this.#parts.shift();
      if (part) return part;
      if (this.#end) {
        if ('error' in this.#end) throw this.#end.error;
        return undefined;
      }
      await new Promise<void>((wake) => (this.#wake = wake));
    }
  }
}

/** The bytes of `held` from `offset` of the blob on, at most `most` of them. */
export function sliceHeld(held: Held, offset: number, most: number): Held {
  const parts: Uint8Array[] = [];
  let at = held.start;
  let end = offset;
  for (const part of held.parts) {
    const piece = part.subarray(Math.max(0, offset - at), Math.max(0, offset + most - at));
    if (piece.length > 0) {
      parts.push(piece);
      end += piece.length;
    }
    at += part.length;
  }
  return { parts, start: offset, end };
}
