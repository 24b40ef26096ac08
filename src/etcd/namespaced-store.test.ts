import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryStore } from '../lab/etcd/index.ts';
import { connectEtcd } from './client.ts';
import { programOnPath, startEtcdProcess } from './debian-etcd.fixture.ts';
import { allKeys, keyAfter, prefixRange } from './key-range.ts';
import { describeKeyValueStore } from './key-value-store.contract.ts';
import type { KeyRange, KeyValue } from './key-value-store.ts';
import { NamespacedStore } from './namespaced-store.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');
const text = (data: Uint8Array): string => Buffer.from(data).toString('utf8');
const keysOf = (kvs: readonly KeyValue[]): string[] => kvs.map((kv) => text(kv.key));

describeKeyValueStore('a namespace of the in-memory store', () => {
  const store = new MemoryStore();
  return Promise.resolve({ store: new NamespacedStore(store, '/space/one:'), close: () => store.close() });
});

const etcd = programOnPath('etcd');

if (etcd === undefined) {
  it.skip('a namespace of a real etcd: skipped, no etcd on PATH (Debian: apt-get install etcd-server)', () =>
    undefined);
} else {
  describeKeyValueStore('a namespace of a real etcd', async () => {
    const server = await startEtcdProcess(etcd);
    const client = await connectEtcd({ endpoints: [server.endpoint] });
    return {
      store: new NamespacedStore(client, '/space/one:'),
      close: async () => {
        await client.close();
        await server.stop();
      },
    };
  });
}

describe('a namespace among others', () => {
  const below = new MemoryStore();
  // Keys of the neighbours lie right before and right after those of the middle one.
  const [before, middle, after] = ['/n/a:', '/n/b:', '/n/b;'].map((prefix) => new NamespacedStore(below, prefix)) as [
    NamespacedStore,
    NamespacedStore,
    NamespacedStore,
  ];

  beforeAll(async () => {
    for (const space of [before, middle, after])
      for (const key of ['/registry/pods/x', '\uffff', 'a']) await space.put({ key: bytes(key), value: bytes('1') });
    await below.put({ key: bytes('zzz'), value: bytes('outside') });
  });
  afterAll(() => below.close());

  const all = ['/registry/pods/x', 'a', '\uffff'];

  it.each<[string, KeyRange, readonly string[]]>([
    ['every key', allKeys, all],
    ['all keys from one on', { key: bytes('a'), rangeEnd: new Uint8Array([0]) }, ['a', '\uffff']],
    ['all keys after the last', { key: keyAfter(bytes('\uffff')), rangeEnd: new Uint8Array([0]) }, []],
    ['a prefix of the highest bytes, which has no end', prefixRange(Buffer.from([0xff])), []],
    ['a prefix', prefixRange('/registry/'), ['/registry/pods/x']],
    ['a range', { key: bytes('/'), rangeEnd: bytes('b') }, ['/registry/pods/x', 'a']],
    ['one key', { key: bytes('a') }, ['a']],
    ['one key, with an end of no bytes', { key: bytes('a'), rangeEnd: new Uint8Array(0) }, ['a']],
  ])('shows %s of its own and nothing else', async (_, range, expected) => {
    const { kvs, count } = await middle.range(range);
    expect(keysOf(kvs)).toEqual(expected);
    expect(count).toBe(expected.length);
  });

  it('stores its keys with the prefix', async () => {
    expect(keysOf((await below.range(prefixRange('/n/b:'))).kvs)).toEqual(all.map((key) => `/n/b:${key}`));
  });

  it('compares and changes only its own keys in a transaction', async () => {
    const every = { ...allKeys, target: 'version', result: 'equal', version: 1 } as const;
    await before.put({ key: bytes('a'), value: bytes('2') });
    const { succeeded, responses } = await middle.txn({
      compare: [every],
      success: [
        { type: 'put', key: bytes('new'), value: bytes('1') },
        { type: 'put', key: bytes('a'), value: bytes('2'), prevKv: true },
        { type: 'range', ...prefixRange('ne') },
      ],
      failure: [],
    });
    expect(succeeded).toBe(true);
    const [, put, range] = responses;
    expect(put?.type === 'put' && put.prevKv ? keysOf([put.prevKv]) : []).toEqual(['a']);
    expect(range?.type === 'range' ? keysOf(range.kvs) : []).toEqual(['new']);
    const gone = await middle.deleteRange({ key: bytes('new'), prevKv: true });
    expect(keysOf(gone.prevKvs)).toEqual(['new']);
  });

  it('watches only its own keys, also when it watches all of them, until it is closed', async () => {
    const space = new NamespacedStore(below, '/n/b:');
    const watch = space.watch({ ...allKeys, prevKv: true, signal: new AbortController().signal });
    await before.put({ key: bytes('k'), value: bytes('no') });
    await after.put({ key: bytes('k'), value: bytes('no') });
    await space.put({ key: bytes('k'), value: bytes('1') });
    await space.deleteRange({ key: bytes('k') });
    const seen: string[] = [];
    for await (const { events } of watch) {
      for (const { type, kv, prevKv } of events)
        seen.push(`${type} ${text(kv.key)}${prevKv ? ` was ${text(prevKv.key)}` : ''}`);
      if (seen.length === 2) await space.close();
    }
    expect(seen).toEqual(['put k', 'delete k was k']);
    expect((await below.range({ key: bytes('zzz') })).count).toBe(1);
  });

  it('shows the keys of a lease that are its own', async () => {
    const { id } = await below.leases.grant({ ttlSeconds: 600 });
    for (const space of [before, middle]) await space.put({ key: bytes('leased'), value: bytes('1'), lease: id });
    expect((await middle.leases.state(id))?.keys.map(text)).toEqual(['leased']);
    expect((await below.leases.state(id))?.keys).toHaveLength(2);
    await below.leases.revoke(id);
  });

  it('is cleared without a trace and without touching its neighbours', async () => {
    const outside = async (): Promise<string[]> =>
      keysOf((await below.range(allKeys)).kvs).filter((key) => !key.startsWith('/n/b:'));
    const kept = await outside();
    expect(await middle.clear()).toBe(3);
    expect((await middle.range(allKeys)).count).toBe(0);
    expect(await outside()).toEqual(kept);
    expect((await below.range(prefixRange('/n/b:'))).count).toBe(0);
  });
});
