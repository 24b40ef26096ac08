import { readPages } from '../copy/read-pages.ts';
import type { KeyRange, KeyValue, KeyValueStore } from '../key-value-store.ts';

/** A store as it was at one revision, and which of its keys count. */
export interface Side {
  readonly store: KeyValueStore;
  readonly revision: number;
  readonly select: (key: Uint8Array) => boolean;
}

/** A key that is not the same on both sides. A side that does not hold it, or does not count it, is absent. */
export type Difference =
  | { readonly type: 'missed'; readonly source: KeyValue }
  | { readonly type: 'unlike'; readonly source: KeyValue; readonly target: KeyValue }
  | { readonly type: 'surplus'; readonly target: KeyValue };

export interface Differences {
  /** Of this stretch of the range, in the order of the keys. */
  readonly found: readonly Difference[];
  /** Keys that count, on the source and on the target, looked at in this stretch. */
  readonly sourceKeys: number;
  readonly targetKeys: number;
}

/**
 * Walks both sides of a range in the order of the keys, page by page, and yields what differs: memory does not grow with the
 * range. Throws EtcdCompactedError when a revision is forgotten meanwhile, and what the stores throw.
 */
export async function* differences(options: {
  readonly source: Side;
  readonly target: Side;
  readonly range: KeyRange;
  readonly signal?: AbortSignal | undefined;
}): AsyncGenerator<Differences, void, void> {
  const { range, signal } = options;
  const source = new Cursor(options.source, range, signal);
  const target = new Cursor(options.target, range, signal);
  try {
    for (;;) {
      if (source.isSpent) await source.turnPage();
      if (target.isSpent) await target.turnPage();
      const found: Difference[] = [];
      const [sourceBefore, targetBefore] = [source.taken, target.taken];
      while (!source.isSpent && !target.isSpent) {
        const [a, b] = [source.current, target.current];
        if (a === undefined && b === undefined) break;
        const order = a === undefined ? 1 : b === undefined ? -1 : Buffer.compare(a.key, b.key);
        if (order <= 0) source.advance();
        if (order >= 0) target.advance();
        if (order < 0 && a) found.push({ type: 'missed', source: a });
        else if (order > 0 && b) found.push({ type: 'surplus', target: b });
        else if (a && b && Buffer.compare(a.value, b.value) !== 0) found.push({ type: 'unlike', source: a, target: b });
      }
      yield { found, sourceKeys: source.taken - sourceBefore, targetKeys: target.taken - targetBefore };
      if (source.isAtEnd && target.isAtEnd) return;
    }
  } finally {
    await Promise.all([source.close(), target.close()]);
  }
}

/** The keys of one side that count, one after the other; only `turnPage` waits for the store. */
class Cursor {
  /** Keys passed. */
  taken = 0;
  readonly #side: Side;
  readonly #pages: ReturnType<typeof readPages>;
  #kvs: readonly KeyValue[] = [];
  #index = 0;
  #isAtEnd = false;

  constructor(side: Side, range: KeyRange, signal: AbortSignal | undefined) {
    this.#side = side;
    this.#pages = readPages(side.store, range, { revision: side.revision, signal });
  }

  /** undefined at the end. */
  get current(): KeyValue | undefined {
    return this.#kvs[this.#index];
  }

  /** Whether the page is used up and another may follow. */
  get isSpent(): boolean {
    return !this.#isAtEnd && this.current === undefined;
  }

  get isAtEnd(): boolean {
    return this.#isAtEnd;
  }

  advance(): void {
    this.#index++;
    this.taken++;
    this.#skip();
  }

  async turnPage(): Promise<void> {
    while (this.isSpent) {
      const page = await this.#pages.next();
      this.#isAtEnd = page.done === true;
      this.#kvs = page.done === true ? [] : page.value.kvs;
      this.#index = 0;
      this.#skip();
    }
  }

  async close(): Promise<void> {
    await this.#pages.return();
  }

  #skip(): void {
    for (let kv = this.current; kv !== undefined && !this.#side.select(kv.key); kv = this.current) this.#index++;
  }
}
