import { expect, it } from 'vitest';
import { bytes, put, takeEvents, text, type ContractSetting } from './contract-setting.fixture.ts';
import { prefixRange } from './key-range.ts';

const MIB = 1024 * 1024;

/** What the options of watches do in every store, and what holds for them besides. */
export function describeWatchOptions({ store, at, set, watch }: ContractSetting): void {
  const revision = async (): Promise<number> => (await store().range({ key: bytes(at()) })).revision;

  it('leaves puts or deletions out of a watch when asked to', async () => {
    const startRevision = (await revision()) + 1;
    const range = { ...prefixRange(at()), startRevision };
    const [puts, deletions] = [watch({ ...range, noDelete: true }), watch({ ...range, noPut: true, prevKv: true })];
    await set('a', '1');
    await store().deleteRange({ key: bytes(`${at()}a`) });
    await set('a', '2');
    await store().deleteRange({ key: bytes(`${at()}a`) });
    expect(await takeEvents(puts, 2)).toEqual([`put ${at()}a=1@1`, `put ${at()}a=2@1`]);
    expect(await takeEvents(deletions, 2)).toEqual([`delete ${at()}a=@0 was 1`, `delete ${at()}a=@0 was 2`]);
    // The same from the past.
    expect(await takeEvents(watch({ ...range, noPut: true }), 2)).toEqual([`delete ${at()}a=@0`, `delete ${at()}a=@0`]);
  });

  it('waits for a revision that is still to come', async () => {
    const startRevision = (await revision()) + 3;
    const batches = watch({ ...prefixRange(at()), startRevision });
    for (const value of ['1', '2', '3', '4']) await set('a', value);
    expect(await takeEvents(batches, 2)).toEqual([`put ${at()}a=3@3`, `put ${at()}a=4@4`]);
  });

  it('refuses to watch an empty range', async () => {
    const batches = watch({ key: bytes(`${at()}b`), rangeEnd: bytes(`${at()}a`) });
    await expect(takeEvents(batches, 1)).rejects.toMatchObject({
      code: 'ETCD_REQUEST',
      message: expect.stringContaining('mvcc: watcher range is empty') as string,
    });
  });

  it('carries more at once than fits one message', async () => {
    const startRevision = (await revision()) + 1;
    const value = Buffer.alloc(MIB, 0x61);
    for (let i = 0; i < 6; i++) await store().put({ key: bytes(`${at()}${String(i)}`), value });
    const sizes: [string, number, number][] = [];
    for await (const { events } of watch({ ...prefixRange(at()), startRevision })) {
      for (const { kv } of events) sizes.push([text(kv.key), kv.value.length, kv.modRevision]);
      if (sizes.length >= 6) break;
    }
    expect(sizes).toEqual(Array.from({ length: 6 }, (_, i) => [`${at()}${String(i)}`, MIB, startRevision + i]));
    await store().deleteRange(prefixRange(at()));
  });

  it('goes on, in another watch, where one was left, without a loss or a repetition', async () => {
    let startRevision = (await revision()) + 1;
    const seen: string[] = [];
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 3; i++) await set('n', String(round * 3 + i));
      // Left in the middle: the next one starts after the last revision that was seen.
      while (seen.length < 2 * (round + 1))
        for await (const batch of watch({ ...prefixRange(at()), startRevision })) {
          const [first] = batch.events;
          if (first === undefined) continue;
          seen.push(text(first.kv.value));
          startRevision = first.kv.modRevision + 1;
          break;
        }
    }
    expect(seen).toEqual(Array.from({ length: 10 }, (_, i) => String(i)));
  });

  it('says how far a watch is only behind the changes up to there', async () => {
    const { revision: before } = await set('a', '1');
    const { signal } = new AbortController();
    const batches = store().watch({ ...prefixRange(at()), startRevision: before + 1, signal });
    await set('a', '2');
    await store().txn({ compare: [], success: [put(`${at()}b`, '1'), put(`${at()}c`, '1')], failure: [] });
    const seen: (number | string)[] = [];
    for await (const { events, progress, revision: reached } of batches) {
      seen.push(...(progress === true ? [reached] : events.map(({ kv }) => text(kv.key).slice(-1))));
      if (seen.length === 3) batches.requestProgress();
      if (progress === true) break;
    }
    expect(seen).toEqual(['a', 'b', 'c', before + 2]);
  });
}
