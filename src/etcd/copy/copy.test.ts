import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GlobalctlError } from '../../base/index.ts';
import { MemoryStore } from '../../lab/etcd/index.ts';
import { connectEtcd } from '../client.ts';
import { programOnPath, startEtcdProcess } from '../debian-etcd.fixture.ts';
import { allKeys, prefixRange } from '../key-range.ts';
import type { KeyValueStore, Op, TxnRequest } from '../key-value-store.ts';
import { copyRange } from './copy-range.ts';
import { digestRange } from './digest-range.ts';
import { readPages } from './read-pages.ts';

let source: MemoryStore;
let target: MemoryStore;
beforeEach(() => {
  source = new MemoryStore();
  target = new MemoryStore();
});
afterEach(async () => {
  await source.close();
  await target.close();
});

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

async function put(store: KeyValueStore, key: string, value: string | Uint8Array): Promise<number> {
  const { revision } = await store.put({ key: Buffer.from(key), value: Buffer.from(value) });
  return revision;
}

async function fill(store: KeyValueStore, count: number, valueBytes = 20): Promise<void> {
  for (let from = 0; from < count; from += 100) {
    const success = Array.from({ length: Math.min(100, count - from) }, (_, i): Op => {
      const key = `/a/${String(from + i).padStart(6, '0')}`;
      return { type: 'put', key: Buffer.from(key), value: Buffer.alloc(valueBytes, key) };
    });
    await store.txn({ compare: [], success, failure: [] });
  }
}

const refuse = (): never => {
  throw new GlobalctlError('IMPORT_CONFLICT', { message: 'held by another' });
};

describe('a copy of a range', () => {
  it('holds every key and value of the range, and nothing beside it', async () => {
    await fill(source, 5000);
    await put(source, '/b/1', 'not asked for');
    await put(target, '/c/1', 'was here before');
    const looked: number[] = [];
    const copied = await copyRange({
      source,
      target,
      range: prefixRange('/a/'),
      onPresent: refuse,
      onProgress: (keys) => looked.push(keys),
    });
    expect(copied).toEqual({ keys: 5000, written: 5000, revision: 52 });
    expect(looked[looked.length - 1]).toBe(5000);
    const digests = await Promise.all([source, target].map((store) => digestRange(store, prefixRange('/a/'))));
    expect(digests[0]).toMatchObject({ keys: 5000, sha256: digests[1]?.sha256 });
    expect((await target.range({ ...allKeys, countOnly: true })).count).toBe(5001);
  });

  it('shows one revision of the source, whatever happens meanwhile', async () => {
    const revision = await put(source, '/a/1', 'old');
    await fill(source, 300);
    await put(source, '/a/1', 'new');
    await put(source, '/a/2', 'later');
    const copied = await copyRange({ source, target, range: prefixRange('/a/'), revision, onPresent: refuse });
    expect(copied).toEqual({ keys: 1, written: 1, revision });
    const { kvs } = await target.range(allKeys);
    expect(kvs.map((kv) => `${text(kv.key)}=${text(kv.value)}`)).toEqual(['/a/1=old']);
  });

  it('writes only what is missing when it is made again', async () => {
    await fill(source, 1000);
    const copy = (): ReturnType<typeof copyRange> =>
      copyRange({ source, target, range: prefixRange('/a/'), onPresent: refuse });
    await copy();
    await target.deleteRange({ key: Buffer.from('/a/000500') });
    expect(await copy()).toMatchObject({ keys: 1000, written: 1 });
    expect(await copy()).toMatchObject({ keys: 1000, written: 0 });
  });

  it('asks about a key that the target holds with another value', async () => {
    await put(source, '/a/1', 'one');
    await put(source, '/a/2', 'two');
    await put(target, '/a/1', 'other');
    const options = { source, target, range: prefixRange('/a/') };
    await expect(copyRange({ ...options, onPresent: refuse })).rejects.toMatchObject({ code: 'IMPORT_CONFLICT' });
    expect(await copyRange({ ...options, onPresent: () => 'keep' })).toMatchObject({ keys: 2, written: 1 });
    expect(text((await target.range({ key: Buffer.from('/a/1') })).kvs[0]?.value ?? Buffer.alloc(0))).toBe('other');
    const asked: string[] = [];
    const onPresent = (entry: { key: Uint8Array }, present: { value: Uint8Array }): 'replace' => {
      asked.push(`${text(entry.key)} ${text(present.value)}`);
      return 'replace';
    };
    expect(await copyRange({ ...options, onPresent })).toMatchObject({ written: 1 });
    expect(asked).toEqual(['/a/1 other']);
    expect(text((await target.range({ key: Buffer.from('/a/1') })).kvs[0]?.value ?? Buffer.alloc(0))).toBe('one');
  });

  it('does not overwrite what somebody else writes at the same time', async () => {
    await put(source, '/a/1', 'one');
    await put(target, '/a/1', 'other');
    const onPresent = (): 'replace' => {
      // Between the look at the target and the write.
      void put(target, '/a/1', 'rival');
      return 'replace';
    };
    const copying = copyRange({ source, target, range: prefixRange('/a/'), onPresent });
    await expect(copying).rejects.toMatchObject({ code: 'ETCD_CONFLICT', details: { subject: '/a/1' } });
  });

  it('takes only the keys that are selected', async () => {
    await fill(source, 10);
    const select = (kv: { key: Uint8Array }): boolean => text(kv.key).endsWith('3');
    expect(await copyRange({ source, target, range: prefixRange('/a/'), select, onPresent: refuse })).toMatchObject({
      keys: 1,
      written: 1,
    });
  });

  it('ends with the first failure, and with nothing under way', async () => {
    await fill(source, 3000);
    let underWay = 0;
    const failing = Object.create(target) as MemoryStore;
    failing.txn = async (request: TxnRequest) => {
      underWay++;
      await new Promise((resolve) => setImmediate(resolve));
      underWay--;
      if (request.success.some((op) => op.type === 'put' && text(op.key) === '/a/001000'))
        throw new GlobalctlError('ETCD_UNREACHABLE', { message: 'gone' });
      return target.txn(request);
    };
    const copying = copyRange({ source, target: failing, range: prefixRange('/a/'), onPresent: refuse });
    await expect(copying).rejects.toMatchObject({ code: 'ETCD_UNREACHABLE' });
    expect(underWay).toBe(0);
  });

  it('ends when it is told to', async () => {
    await fill(source, 3000);
    const stop = new AbortController();
    const copying = copyRange({
      source,
      target,
      range: prefixRange('/a/'),
      onPresent: refuse,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(copying).rejects.toThrow('enough');
  });
});

describe('pages of a range', () => {
  it('weigh about 2 MiB, however large the values are', async () => {
    for (let i = 100; i < 300; i++) await put(source, `/a/${String(i)}`, Buffer.alloc(500_000));
    const pages: number[] = [];
    for await (const page of readPages(source, allKeys)) pages.push(page.kvs.length);
    expect(pages.slice(1, 3)).toEqual([4, 4]);
    expect(pages.reduce((sum, n) => sum + n, 0)).toBe(200);
  });

  it('of an empty range are none', async () => {
    for await (const page of readPages(source, prefixRange('/none/'))) expect(page).toBeUndefined();
  });
});

const etcd = programOnPath('etcd');
if (etcd === undefined)
  it.skip('a copy between real etcds: skipped, no etcd on PATH (Debian: apt-get install etcd-server)', () => undefined);
else
  it('goes between real etcds within their limits of requests, values of any size', async () => {
    const servers = await Promise.all([startEtcdProcess(etcd), startEtcdProcess(etcd)]);
    const [from, to] = await Promise.all(servers.map(({ endpoint }) => connectEtcd({ endpoints: [endpoint] })));
    try {
      if (!from || !to) throw new Error('not connected');
      await fill(from, 2000, 300);
      for (const [name, bytes] of Object.entries({ small: 1, big: 700_000, bigger: 1_500_000, empty: 0 }))
        await put(from, `/a/z-${name}`, Buffer.alloc(bytes, 7));
      const range = prefixRange('/a/');
      expect(await copyRange({ source: from, target: to, range, onPresent: refuse })).toMatchObject({ written: 2004 });
      const { sha256 } = await digestRange(from, range);
      expect(await digestRange(to, range)).toMatchObject({ keys: 2004, sha256 });
    } finally {
      await Promise.all([from?.close(), to?.close()]);
      await Promise.all(servers.map((server) => server.stop()));
    }
  });
