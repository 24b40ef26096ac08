import type { KeyValue, KeyValueStore, Op, WatchBatch, WatchRequest } from './key-value-store.ts';

export const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');
export const text = (data: Uint8Array): string => Buffer.from(data).toString('utf8');
export const pairs = (kvs: readonly KeyValue[]): string[] => kvs.map((kv) => `${text(kv.key)}=${text(kv.value)}`);
export const put = (key: string, value: string): Extract<Op, { type: 'put' }> => ({
  ...{ type: 'put', key: bytes(key), value: bytes(value) },
});

/** What a test of the contract works with: a store, and a prefix of its own below which it stays. */
export interface ContractSetting {
  readonly store: () => KeyValueStore;
  readonly at: () => string;
  /** A watch that ends with the suite. */
  readonly watch: (request: Omit<WatchRequest, 'signal'>) => AsyncIterable<WatchBatch>;
  /** Puts a key below the prefix. */
  readonly set: (key: string, value: string) => Promise<{ readonly revision: number }>;
}

/** Reads `count` events of a watch, in whatever batches they come. */
export async function takeEvents(batches: AsyncIterable<WatchBatch>, count: number): Promise<string[]> {
  const seen: string[] = [];
  for await (const { events } of batches) {
    for (const { type, kv, prevKv } of events)
      seen.push(
        `${type} ${text(kv.key)}=${text(kv.value)}@${String(kv.version)}${prevKv ? ` was ${text(prevKv.value)}` : ''}`,
      );
    if (seen.length >= count) break;
  }
  return seen;
}
