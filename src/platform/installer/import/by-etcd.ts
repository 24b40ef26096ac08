import { GlobalctlError } from '../../../base/index.ts';
import type { KeyValue, KeyValueStore, Op } from '../../../etcd/index.ts';
import { decodeCustomResource, type SourceEntry } from './source-entries.ts';

/** etcd's default limit of operations in a transaction. */
const BATCH = 128;
const IN_FLIGHT = 8;

/**
 * Writes entries into the target, byte for byte. A key that exists is only replaced when it is the same object (its uid), from
 * an earlier try. Throws IMPORT_CONFLICT otherwise. Returns how many keys were written.
 */
export async function writeEntries(target: KeyValueStore, entries: readonly SourceEntry[]): Promise<number> {
  const batches: SourceEntry[][] = [];
  for (let i = 0; i < entries.length; i += BATCH) batches.push(entries.slice(i, i + BATCH));
  let written = 0;
  const worker = async (): Promise<void> => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift())
      written += await writeBatch(target, batch);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return written;
}

async function writeBatch(target: KeyValueStore, batch: readonly SourceEntry[]): Promise<number> {
  const keyed = batch.map((entry) => ({ entry, key: Buffer.from(entry.key, 'utf8') }));
  const { succeeded, responses } = await target.txn({
    compare: keyed.map(({ key }) => ({ key, target: 'version', result: 'equal', version: 0 })),
    success: keyed.map(({ key, entry }): Op => ({ type: 'put', key, value: entry.value })),
    failure: keyed.map(({ key }): Op => ({ type: 'range', key })),
  });
  if (succeeded) return batch.length;
  let written = 0;
  for (const [index, { entry, key }] of keyed.entries()) {
    const response = responses[index];
    const present = response?.type === 'range' ? response.kvs[0] : undefined;
    if (await writeOne(target, entry, key, present)) written++;
  }
  return written;
}

async function writeOne(
  target: KeyValueStore,
  entry: SourceEntry,
  key: Uint8Array,
  present: KeyValue | undefined,
): Promise<boolean> {
  if (present !== undefined) {
    const { uid = '' } = decodeCustomResource(entry.key, present.value).metadata;
    if (uid !== entry.uid)
      throw new GlobalctlError('IMPORT_CONFLICT', {
        message: 'the new cluster holds another object under the name of one that is to be imported',
        subject: entry.key,
        expected: `uid ${entry.uid}`,
        found: `uid ${uid}`,
      });
    if (Buffer.compare(present.value, entry.value) === 0) return false;
  }
  const { succeeded } = await target.txn({
    compare: [{ key, target: 'modRevision', result: 'equal', modRevision: present?.modRevision ?? 0 }],
    success: [{ type: 'put', key, value: entry.value }],
    failure: [],
  });
  if (!succeeded)
    throw new GlobalctlError('IMPORT_CONFLICT', {
      message: 'somebody else writes an object in the new cluster while it is being imported',
      subject: entry.key,
    });
  return true;
}
