import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { allKeys, keyAfter, prefixRange } from './key-range.ts';
import { bytes, pairs, put, takeEvents, text } from './contract-setting.fixture.ts';
import {
  EtcdCompactedError,
  type Compare,
  type KeyValueStore,
  type WatchBatch,
  type WatchRequest,
} from './key-value-store.ts';
import { describeRequestOptions } from './request-options.contract.ts';
import { describeTransactions } from './transactions.contract.ts';
import { describeWatchOptions } from './watch-options.contract.ts';

/**
 * What every KeyValueStore promises, as tests. `open` starts a store (or connects to one that runs) and says how to end it.
 * Each test works below its own prefix, so that a store which others use can be tested too.
 */
export function describeKeyValueStore(
  name: string,
  open: () => Promise<{ readonly store: KeyValueStore; readonly close: () => Promise<void> }>,
): void {
  describe(`${name} as a key-value store`, () => {
    let store: KeyValueStore;
    let close = (): Promise<void> => Promise.resolve();
    let test = 0;
    let at = '';
    const controller = new AbortController();
    const watch = (request: Omit<WatchRequest, 'signal'>): AsyncIterable<WatchBatch> =>
      store.watch({ ...request, signal: controller.signal });
    const set = (key: string, value: string): Promise<{ revision: number }> =>
      store.put({ key: bytes(at + key), value: bytes(value) });
    const compare = (c: Compare): Promise<boolean> =>
      store.txn({ compare: [c], success: [], failure: [] }).then((r) => r.succeeded);

    beforeAll(async () => {
      ({ store, close } = await open());
    });
    beforeEach(() => {
      at = `/contract/${String(++test)}/`;
    });
    afterAll(async () => {
      controller.abort();
      await close();
    });

    it('gives each put a revision and counts the versions of a key', async () => {
      const first = await set('a', '1');
      const second = await set('a', '2');
      expect(second.revision).toBe(first.revision + 1);
      const { kvs, count, more, revision } = await store.range({ key: bytes(`${at}a`) });
      expect({ count, more, revision }).toEqual({ count: 1, more: false, revision: second.revision });
      expect(kvs[0]).toMatchObject({
        createRevision: first.revision,
        modRevision: second.revision,
        version: 2,
        lease: '0',
      });
      expect(pairs(kvs)).toEqual([`${at}a=2`]);
    });

    it('starts again at version 1 after a deletion', async () => {
      await set('a', '1');
      await store.deleteRange({ key: bytes(`${at}a`) });
      const { revision } = await set('a', '2');
      const { kvs } = await store.range({ key: bytes(`${at}a`) });
      expect(kvs[0]).toMatchObject({ createRevision: revision, version: 1 });
    });

    it('keeps keys and values byte for byte, also those that are no text', async () => {
      const key = Buffer.concat([bytes(at), Buffer.from([0x00, 0xff, 0x80, 0xc3])]);
      const value = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      await store.put({ key, value });
      const { kvs } = await store.range(prefixRange(at));
      expect(Buffer.from(kvs[0]?.key ?? []).equals(key)).toBe(true);
      expect(Buffer.from(kvs[0]?.value ?? []).equals(value)).toBe(true);
    });

    it('lists a range in the order of the bytes, and says how many there are and whether more follow', async () => {
      for (const key of ['b', 'a', 'a/1', 'c', 'a-1']) await set(key, key);
      const all = await store.range(prefixRange(at));
      expect(pairs(all.kvs)).toEqual(['a', 'a-1', 'a/1', 'b', 'c'].map((k) => `${at}${k}=${k}`));
      const page = await store.range({ ...prefixRange(at), limit: 2 });
      expect({ keys: pairs(page.kvs).length, count: page.count, more: page.more }).toEqual({
        keys: 2,
        count: 5,
        more: true,
      });
      const last = page.kvs[1]?.key ?? bytes('');
      const rest = await store.range({ ...prefixRange(at), key: keyAfter(last), limit: 3 });
      expect(pairs(rest.kvs)).toEqual(['a/1', 'b', 'c'].map((k) => `${at}${k}=${k}`));
      expect(rest.more).toBe(false);
      const half = await store.range({ key: bytes(`${at}a/`), rangeEnd: bytes(`${at}c`) });
      expect(pairs(half.kvs)).toEqual([`${at}a/1=a/1`, `${at}b=b`]);
    });

    it('leaves out values, or everything but the count, when asked to', async () => {
      await set('a', '1');
      await set('b', '2');
      expect(pairs((await store.range({ ...prefixRange(at), keysOnly: true })).kvs)).toEqual([`${at}a=`, `${at}b=`]);
      expect(await store.range({ ...prefixRange(at), countOnly: true })).toMatchObject({
        kvs: [],
        count: 2,
        more: false,
      });
    });

    it('reads every key of the store through the range of all keys', async () => {
      await set('a', '1');
      const { count } = await store.range({ ...allKeys, countOnly: true });
      const below = await store.range({ ...prefixRange('/contract/'), countOnly: true });
      expect(count).toBeGreaterThanOrEqual(below.count);
      expect(below.count).toBeGreaterThan(0);
    });

    it('shows a past revision as it was', async () => {
      await set('a', 'old');
      const { revision } = await set('b', 'old');
      await set('a', 'new');
      await store.deleteRange({ key: bytes(`${at}b`) });
      await set('c', 'new');
      const past = await store.range({ ...prefixRange(at), revision });
      expect(pairs(past.kvs)).toEqual([`${at}a=old`, `${at}b=old`]);
      expect(past.revision).toBeGreaterThan(revision);
    });

    it('refuses to read a revision that does not exist yet', async () => {
      const { revision } = await set('a', '1');
      await expect(store.range({ key: bytes(at), revision: revision + 1000 })).rejects.toMatchObject({
        code: 'ETCD_FUTURE_REVISION',
      });
    });

    it('returns what a put or a deletion replaced', async () => {
      await set('a', '1');
      const replaced = await store.put({ key: bytes(`${at}a`), value: bytes('2'), prevKv: true });
      expect(pairs(replaced.prevKv ? [replaced.prevKv] : [])).toEqual([`${at}a=1`]);
      await set('b', '3');
      const deleted = await store.deleteRange({ ...prefixRange(at), prevKv: true });
      expect(deleted.deleted).toBe(2);
      expect(pairs(deleted.prevKvs)).toEqual([`${at}a=2`, `${at}b=3`]);
    });

    it('does not raise the revision for a deletion of nothing', async () => {
      const { revision } = await set('a', '1');
      const result = await store.deleteRange({ key: bytes(`${at}none`) });
      expect(result).toMatchObject({ deleted: 0, revision });
    });

    it('compares versions, revisions, values and absence in transactions', async () => {
      const { revision } = await set('a', 'm');
      const key = bytes(`${at}a`);
      const absent = bytes(`${at}none`);
      expect(await compare({ key, target: 'version', result: 'equal', version: 1 })).toBe(true);
      expect(await compare({ key, target: 'version', result: 'notEqual', version: 1 })).toBe(false);
      expect(await compare({ key, target: 'modRevision', result: 'equal', modRevision: revision })).toBe(true);
      expect(await compare({ key, target: 'modRevision', result: 'greater', modRevision: revision })).toBe(false);
      expect(await compare({ key, target: 'createRevision', result: 'less', createRevision: revision + 1 })).toBe(true);
      expect(await compare({ key, target: 'value', result: 'equal', value: bytes('m') })).toBe(true);
      expect(await compare({ key, target: 'value', result: 'greater', value: bytes('a') })).toBe(true);
      expect(await compare({ key, target: 'value', result: 'less', value: bytes('a') })).toBe(false);
      expect(await compare({ key, target: 'lease', result: 'equal', lease: '0' })).toBe(true);
      expect(await compare({ key: absent, target: 'version', result: 'equal', version: 0 })).toBe(true);
      expect(await compare({ key: absent, target: 'modRevision', result: 'equal', modRevision: 0 })).toBe(true);
      expect(await compare({ key: absent, target: 'value', result: 'equal', value: bytes('') })).toBe(false);
    });

    it('runs one branch of a transaction at one revision and shows later operations what earlier ones did', async () => {
      await set('gone', 'x');
      const { succeeded, responses, revision } = await store.txn({
        compare: [{ key: bytes(`${at}a`), target: 'version', result: 'equal', version: 0 }],
        success: [
          put(`${at}a`, '1'),
          put(`${at}b`, '2'),
          { type: 'deleteRange', key: bytes(`${at}gone`) },
          { type: 'range', ...prefixRange(at) },
        ],
        failure: [put(`${at}c`, '3')],
      });
      expect(succeeded).toBe(true);
      const [, , deleted, listed] = responses;
      expect(deleted).toMatchObject({ type: 'deleteRange', deleted: 1 });
      expect(listed?.type === 'range' ? pairs(listed.kvs) : []).toEqual([`${at}a=1`, `${at}b=2`]);
      expect(listed?.type === 'range' ? listed.kvs.map((kv) => kv.modRevision) : []).toEqual([revision, revision]);
    });

    it('runs the other branch when a condition does not hold', async () => {
      const { succeeded, responses } = await store.txn({
        compare: [
          { key: bytes(`${at}a`), target: 'version', result: 'equal', version: 0 },
          { key: bytes(`${at}a`), target: 'version', result: 'greater', version: 0 },
        ],
        success: [put(`${at}a`, '1')],
        failure: [{ type: 'range', key: bytes(`${at}a`) }],
      });
      expect(succeeded).toBe(false);
      expect(responses).toMatchObject([{ type: 'range', count: 0 }]);
    });

    it('lets only one of many that race for a key create it', async () => {
      const attempt = (value: string): Promise<boolean> =>
        store
          .txn({
            compare: [{ key: bytes(`${at}lock`), target: 'createRevision', result: 'equal', createRevision: 0 }],
            success: [put(`${at}lock`, value)],
            failure: [],
          })
          .then((r) => r.succeeded);
      const won = await Promise.all(Array.from({ length: 20 }, (_, i) => attempt(String(i))));
      expect(won.filter(Boolean)).toHaveLength(1);
    });

    it('refuses a transaction that writes a key twice, and changes nothing', async () => {
      await expect(
        store.txn({ compare: [], success: [put(`${at}a`, '1'), put(`${at}a`, '2')], failure: [] }),
      ).rejects.toMatchObject({ code: 'ETCD_REQUEST', message: expect.stringContaining('duplicate key') as string });
      expect((await store.range({ ...prefixRange(at), countOnly: true })).count).toBe(0);
    });

    it('refuses a put under a lease that does not exist', async () => {
      await expect(
        store.put({ key: bytes(`${at}a`), value: bytes('1'), lease: '123456789012345678' }),
      ).rejects.toMatchObject({ code: 'ETCD_REQUEST', message: expect.stringContaining('lease not found') as string });
    });

    it('deletes what hangs on a lease, at one revision, when the lease is revoked', async () => {
      const { leases } = store;
      const { id, ttlSeconds } = await leases.grant({ ttlSeconds: 600 });
      expect(ttlSeconds).toBe(600);
      await store.put({ key: bytes(`${at}a`), value: bytes('1'), lease: id });
      await store.put({ key: bytes(`${at}b`), value: bytes('1'), lease: id });
      const { revision } = await set('c', '1');
      expect(await leases.keepAlive(id)).toBe(600);
      expect(await leases.ids()).toContain(id);
      const state = await leases.state(id);
      expect(state).toMatchObject({ id, grantedTtlSeconds: 600 });
      expect(state?.remainingSeconds).toBeGreaterThan(500);
      expect(state?.keys.map(text).sort()).toEqual([`${at}a`, `${at}b`]);
      await leases.revoke(id);
      const left = await store.range(prefixRange(at));
      expect(pairs(left.kvs)).toEqual([`${at}c=1`]);
      expect(left.revision).toBe(revision + 1);
      expect(await leases.ids()).not.toContain(id);
    });

    it('knows nothing of a lease that is not there', async () => {
      const { leases } = store;
      expect(await leases.state('123456789012345678')).toBeUndefined();
      expect(await leases.keepAlive('123456789012345678')).toBe(0);
      await expect(leases.revoke('123456789012345678')).rejects.toMatchObject({
        code: 'ETCD_REQUEST',
        message: expect.stringContaining('lease not found') as string,
      });
    });

    it('tells a watch that asks how far it is', async () => {
      const { revision } = await set('a', '1');
      const batches = store.watch({ ...prefixRange(at), startRevision: revision + 1, signal: controller.signal });
      batches.requestProgress();
      for await (const batch of batches) {
        expect(batch).toEqual({ events: [], revision, progress: true });
        break;
      }
    });

    it('watches a range from now on, with what was there before', async () => {
      const { revision } = await set('a', '1');
      const batches = watch({ ...prefixRange(at), prevKv: true, startRevision: revision + 1 });
      await set('a', '2');
      await store.put({ key: bytes(`/contract-elsewhere/${at}`), value: bytes('x') });
      await set('b', '3');
      await store.deleteRange({ key: bytes(`${at}a`) });
      expect(await takeEvents(batches, 3)).toEqual([
        `put ${at}a=2@2 was 1`,
        `put ${at}b=3@1`,
        `delete ${at}a=@0 was 2`,
      ]);
    });

    it('watches from a past revision: the history first, then what happens', async () => {
      const { revision } = await set('a', '1');
      await set('a', '2');
      await store.deleteRange({ key: bytes(`${at}a`) });
      const batches = watch({ ...prefixRange(at), startRevision: revision });
      await set('a', '3');
      expect(await takeEvents(batches, 4)).toEqual([
        `put ${at}a=1@1`,
        `put ${at}a=2@2`,
        `delete ${at}a=@0`,
        `put ${at}a=3@1`,
      ]);
    });

    it('hands the changes of one transaction to a watch together', async () => {
      const { revision } = await store.range({ key: bytes(at) });
      const batches = watch({ ...prefixRange(at), startRevision: revision + 1 });
      await store.txn({ compare: [], success: [put(`${at}a`, '1'), put(`${at}b`, '2')], failure: [] });
      for await (const batch of batches) {
        expect(batch.events.map((e) => text(e.kv.key))).toEqual([`${at}a`, `${at}b`]);
        expect(batch.revision).toBe(revision + 1);
        break;
      }
    });

    it('watches a single key and leaves its neighbours out', async () => {
      const { revision } = await store.range({ key: bytes(at) });
      const batches = watch({ key: bytes(`${at}a`), startRevision: revision + 1 });
      await set('a1', 'no');
      await set('a', 'yes');
      expect(await takeEvents(batches, 1)).toEqual([`put ${at}a=yes@1`]);
    });

    it('serves a reader that falls far behind without losing or repeating a change', async () => {
      const { revision } = await store.range({ key: bytes(at) });
      const batches = watch({ ...prefixRange(at), startRevision: revision + 1 });
      const writes = 3000;
      for (let i = 0; i < writes; i += 100)
        await Promise.all(Array.from({ length: 100 }, (_, j) => set('n', String(i + j))));
      const versions: number[] = [];
      for await (const { events } of batches) {
        versions.push(...events.map((e) => e.kv.version));
        if (versions.length >= writes) break;
      }
      expect(versions).toEqual(Array.from({ length: writes }, (_, i) => i + 1));
    });

    it('ends a watch when its signal aborts', async () => {
      const own = new AbortController();
      const batches = store.watch({ ...prefixRange(at), signal: own.signal });
      const ended = takeEvents(batches, 1);
      own.abort();
      expect(await ended).toEqual([]);
    });

    it('forgets what was before a compaction, and says so to readers and watchers', async () => {
      const { revision: first } = await set('a', '1');
      await set('a', '2');
      const { revision } = await set('b', '1');
      await set('a', '3');
      await store.compact(revision);
      expect(pairs((await store.range({ ...prefixRange(at), revision })).kvs)).toEqual([`${at}a=2`, `${at}b=1`]);
      await expect(store.range({ key: bytes(`${at}a`), revision: first })).rejects.toBeInstanceOf(EtcdCompactedError);
      await expect(takeEvents(watch({ ...prefixRange(at), startRevision: first }), 1)).rejects.toMatchObject({
        code: 'ETCD_COMPACTED',
        compactRevision: revision,
      });
      await expect(store.compact(first)).rejects.toMatchObject({ code: 'ETCD_COMPACTED' });
      await expect(store.compact(revision + 1000)).rejects.toMatchObject({ code: 'ETCD_FUTURE_REVISION' });
    });

    const setting = { store: () => store, at: () => at, watch, set };
    describeRequestOptions(setting);
    describeTransactions(setting);
    describeWatchOptions(setting);
  });
}
