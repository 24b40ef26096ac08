import { GlobalctlError } from '../../base/index.ts';
import { keyAfter } from '../key-range.ts';
import type { KeyValue, KeyValueStore, Op } from '../key-value-store.ts';
import { Batches } from './batches.ts';

/** What is to be written under a key. */
export type Entry = Pick<KeyValue, 'key' | 'value'>;

/**
 * What to do about a key that the target holds with another value: `replace` it, or `keep` what is there. Throws to refuse.
 */
export type OnPresent = (entry: Entry, present: KeyValue) => 'replace' | 'keep';

/**
 * Writes entries in transactions of up to 127 keys, 8 at a time, in no particular order. A key that the target does not hold is
 * created; one that it holds with the same bytes is left alone; of any other `onPresent` decides. Nothing that somebody else
 * writes at the same time is overwritten: that throws ETCD_CONFLICT.
 */
export class BatchWriter {
  readonly #target: KeyValueStore;
  readonly #onPresent: OnPresent;
  readonly #batches: Batches<Entry>;
  #written = 0;

  constructor(target: KeyValueStore, onPresent: OnPresent) {
    this.#target = target;
    this.#onPresent = onPresent;
    this.#batches = new Batches(async (batch) => {
      const written = await this.#write(batch);
      this.#written += written;
    });
  }

  /** Takes an entry; waits while enough is under way. Throws what an earlier write failed with. */
  async add(entry: Entry): Promise<void> {
    await this.#batches.add(entry, entry.key.length + entry.value.length);
  }

  /** Waits until everything is written, whatever becomes of it. Resolves with the keys created or replaced; throws the first failure. */
  async flush(): Promise<number> {
    await this.#batches.flush();
    return this.#written;
  }

  async #write(batch: readonly Entry[]): Promise<number> {
    if (await this.#create(batch)) return batch.length;
    const { responses } = await this.#target.txn({
      compare: [],
      success: batch.map(({ key }): Op => ({ type: 'range', key })),
      failure: [],
    });
    const due: { readonly entry: Entry; readonly present: KeyValue | undefined }[] = [];
    for (const [index, entry] of batch.entries()) {
      const response = responses[index];
      const present = response?.type === 'range' ? response.kvs[0] : undefined;
      if (present !== undefined) {
        if (Buffer.compare(present.value, entry.value) === 0) continue;
        if (this.#onPresent(entry, present) === 'keep') continue;
      }
      due.push({ entry, present });
    }
    if (due.length === 0) return 0;
    const answer = await this.#target.txn({
      compare: due.map(({ entry: { key }, present }) => ({
        key,
        target: 'modRevision',
        result: 'equal',
        modRevision: present?.modRevision ?? 0,
      })),
      success: due.map(({ entry: { key, value } }): Op => ({ type: 'put', key, value })),
      failure: [],
    });
    if (!answer.succeeded)
      throw new GlobalctlError('ETCD_CONFLICT', {
        message: 'somebody else writes the same keys while they are copied',
        subject: due
          .map(({ entry }) => Buffer.from(entry.key).toString('utf8'))
          .slice(0, 10)
          .join(', '),
      });
    return due.length;
  }

  /** Writes a batch into a part of the target that is empty; false when it is not. One condition costs far less than one a key. */
  async #create(batch: readonly Entry[]): Promise<boolean> {
    const keys = batch.map(({ key }) => key).sort((a, b) => Buffer.compare(a, b));
    const [first] = keys;
    const last = keys[keys.length - 1];
    if (first === undefined || last === undefined) return true;
    const { succeeded } = await this.#target.txn({
      compare: [{ key: first, rangeEnd: keyAfter(last), target: 'version', result: 'equal', version: 0 }],
      success: batch.map(({ key, value }): Op => ({ type: 'put', key, value })),
      failure: [],
    });
    return succeeded;
  }
}
