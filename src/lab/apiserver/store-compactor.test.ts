import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../base/index.ts';
import { MemoryStore } from '../etcd/index.ts';
import { compactRegularly } from './store-compactor.ts';

const MINUTE_MS = 60_000;
const key = Buffer.from('/registry/configmaps/default/a');

describe('the compactor', () => {
  it('forgets what is older than the last five minutes but one, and keeps the present', async () => {
    const clock = new ManualClock();
    const store = new MemoryStore({ clock });
    const stop = new AbortController();
    const put = async (text: string): Promise<number> => (await store.put({ key, value: Buffer.from(text) })).revision;
    const valueAt = async (revision: number): Promise<string> =>
      Buffer.from((await store.range({ key, revision })).kvs[0]?.value ?? []).toString();

    const compacting = compactRegularly({ store, clock, signal: stop.signal });
    const first = await put('first');
    const second = await put('second');
    await clock.advance(5 * MINUTE_MS);
    const third = await put('third');
    expect(await valueAt(first)).toBe('first');

    await clock.advance(5 * MINUTE_MS);
    await expect(valueAt(first)).rejects.toMatchObject({ code: 'ETCD_COMPACTED' });
    expect(await valueAt(second)).toBe('second');

    // Nothing new came: the compaction that has nothing to do is no failure.
    await clock.advance(5 * MINUTE_MS);
    await clock.advance(5 * MINUTE_MS);
    await expect(valueAt(second)).rejects.toMatchObject({ code: 'ETCD_COMPACTED' });
    expect(await valueAt(third)).toBe('third');

    stop.abort();
    await compacting;
    await put('fourth');
    await clock.advance(20 * MINUTE_MS);
    expect(await valueAt(third)).toBe('third');
  });
});
