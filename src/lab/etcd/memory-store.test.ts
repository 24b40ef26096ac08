import { setMaxListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../base/index.ts';
import { prefixRange } from '../../etcd/index.ts';
import { describeKeyValueStore } from '../../etcd/key-value-store.contract.ts';
import { MemoryStore } from './memory-store.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');

describeKeyValueStore('the in-memory store', () => {
  const store = new MemoryStore();
  return Promise.resolve({ store, close: () => store.close() });
});

describe('the in-memory store', () => {
  it('deletes what hangs on a lease at one revision when its time is over, and not before', async () => {
    const clock = new ManualClock();
    const store = new MemoryStore({ clock });
    const { id } = await store.leases.grant({ ttlSeconds: 10 });
    await store.put({ key: bytes('/a'), value: bytes('1'), lease: id });
    await store.put({ key: bytes('/b'), value: bytes('1'), lease: id });
    await store.put({ key: bytes('/b'), value: bytes('free again') });
    await clock.advance(9_000);
    await store.leases.keepAlive(id);
    await clock.advance(9_000);
    expect((await store.range(prefixRange('/'))).count).toBe(2);
    await clock.advance(1_000);
    const { kvs } = await store.range(prefixRange('/'));
    expect(kvs.map((kv) => Buffer.from(kv.key).toString())).toEqual(['/b']);
    expect(await store.leases.ids()).toEqual([]);
  });

  it('tells a watch that asked for it how far it is, every ten minutes in which it had no events', async () => {
    const clock = new ManualClock();
    const store = new MemoryStore({ clock });
    const signal = new AbortController().signal;
    const batches = store.watch({ ...prefixRange('/quiet/'), progressNotify: true, signal });
    store.watch({ ...prefixRange('/quiet/'), signal });
    await store.put({ key: bytes('/quiet/a'), value: bytes('1') });
    await clock.advance(600_000);
    const { revision } = await store.put({ key: bytes('/elsewhere'), value: bytes('1') });
    await clock.advance(599_999);
    const seen = [(await batches.next()).value];
    const next = batches.next();
    await clock.advance(1);
    seen.push((await next).value);
    expect(seen).toMatchObject([{ revision: revision - 1 }, { events: [], revision, progress: true }]);
    await store.close();
  });

  it('frees what a compaction takes, with the keys that are gone, and gives the space back when it is defragmented', async () => {
    const store = new MemoryStore();
    const value = bytes('x'.repeat(1000));
    for (let i = 0; i < 200; i++) await store.put({ key: bytes(`/a/${String(i % 20)}`), value });
    const { usedBytes: before } = store.usage();
    await store.deleteRange(prefixRange('/a/1'));
    await store.put({ key: bytes('/b'), value });
    await store.compact(store.revision);
    // Nine keys of the first twenty are left, and the new one, each with its last state only.
    expect(store.image().states.map(({ state }) => state.version)).toEqual([...Array.from({ length: 9 }, () => 10), 1]);
    const { usedBytes, allocatedBytes } = store.usage();
    expect(usedBytes).toBeGreaterThan(10 * 1000);
    expect(usedBytes).toBeLessThan(10 * 1100);
    expect(allocatedBytes).toBeGreaterThan(before);
    store.defragment();
    expect(store.usage().allocatedBytes).toBe(usedBytes);
  });

  it('carries 50,000 keys and 500 watchers without effort', async () => {
    const store = new MemoryStore();
    const signal = new AbortController().signal;
    setMaxListeners(0, signal);
    const started = performance.now();
    const watches = Array.from({ length: 500 }, (_, i) =>
      store.watch({ ...prefixRange(`/registry/kind-${String(i % 50)}/`), startRevision: 2, signal }),
    );
    for (let i = 0; i < 50_000; i++)
      await store.put({
        key: bytes(`/registry/kind-${String(i % 50)}/${String((i * 7919) % 50_000)}`),
        value: bytes('x'),
      });
    let seen = 0;
    for (const batches of watches) {
      let own = 0;
      for await (const { events } of batches) if ((own += events.length) >= 1000) break;
      seen += own;
    }
    expect(seen).toBe(500_000);
    expect((await store.range({ ...prefixRange('/registry/kind-7/'), countOnly: true })).count).toBe(1000);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
