import { expect, it } from 'vitest';
import { bytes, pairs, text, type ContractSetting } from './contract-setting.fixture.ts';
import { prefixRange } from './key-range.ts';
import type { RangeRequest } from './key-value-store.ts';

const MIB = 1024 * 1024;

/** What the options of ranges, puts and leases do in every store, and what is refused. */
export function describeRequestOptions({ store, at, set }: ContractSetting): void {
  const refused = (reason: string): object => ({
    code: 'ETCD_REQUEST',
    message: expect.stringContaining(reason) as string,
  });
  const names = async (request: Partial<RangeRequest>): Promise<string> =>
    (await store().range({ ...prefixRange(at()), ...request })).kvs.map(({ key }) => text(key).slice(-1)).join('');

  it('sorts a range by what is asked for, before it limits it', async () => {
    await set('a', 'z');
    await set('b', 'x');
    await set('c', 'y');
    await set('b', 'w');
    const sort = (target: 'key' | 'version' | 'createRevision' | 'modRevision' | 'value', order = 'ascending') =>
      names({ sort: { target, order: order as 'ascending' }, limit: 2 });
    expect(await sort('key')).toBe('ab');
    expect(await sort('key', 'descending')).toBe('cb');
    expect(await sort('modRevision')).toBe('ac');
    expect(await sort('modRevision', 'descending')).toBe('bc');
    expect(await sort('createRevision', 'descending')).toBe('cb');
    expect(await sort('value')).toBe('bc');
    expect(await sort('version', 'descending')).toMatch(/^b/);
    const page = await store().range({
      ...{ ...prefixRange(at()), sort: { target: 'value', order: 'ascending' }, limit: 1, keysOnly: true },
    });
    expect({ more: page.more, count: page.count, kvs: pairs(page.kvs) }).toEqual({
      ...{ more: true, count: 3, kvs: [`${at()}b=`] },
    });
  });

  it('leaves out keys by the revisions of their creation and last change, and counts them all the same', async () => {
    const { revision } = await set('a', '1');
    await set('b', '1');
    await set('a', '2');
    expect(await names({ minModRevision: revision + 2 })).toBe('a');
    expect(await names({ maxModRevision: revision + 1 })).toBe('b');
    expect(await names({ minCreateRevision: revision + 1 })).toBe('b');
    expect(await names({ maxCreateRevision: revision, limit: 1 })).toBe('a');
    const { count, more } = await store().range({ ...prefixRange(at()), maxModRevision: revision });
    expect({ count, more }).toEqual({ count: 2, more: false });
    expect(await names({ serializable: true })).toBe('ab');
  });

  it('orders keys of all bytes as bytes, and reads from a key on', async () => {
    const own = (byte: number): Uint8Array => Buffer.concat([bytes(at()), Buffer.from([byte])]);
    await Promise.all(
      Array.from({ length: 256 }, (_, byte) => store().put({ key: own(byte), value: Buffer.from([byte]) })),
    );
    const { kvs } = await store().range(prefixRange(at()));
    expect(kvs.map(({ value }) => value[0])).toEqual(Array.from({ length: 256 }, (_, byte) => byte));
    expect((await store().range({ ...prefixRange(own(0xff)), countOnly: true })).count).toBe(1);
    const rest = await store().range({ key: own(0xfe), rangeEnd: Buffer.from([0]), limit: 2 });
    expect(rest.kvs.map(({ value }) => value[0])).toEqual([0xfe, 0xff]);
    expect((await store().range({ key: own(9), rangeEnd: own(9) })).count).toBe(0);
  });

  it('keeps the value or the lease of a key when asked to, and only of one that exists', async () => {
    const { id } = await store().leases.grant({ ttlSeconds: 600 });
    const key = bytes(`${at()}a`);
    const empty = new Uint8Array(0);
    await store().put({ key, value: bytes('1'), lease: id });
    await store().put({ key, value: bytes('2'), ignoreLease: true });
    expect((await store().range({ key })).kvs).toMatchObject([{ version: 2, lease: id }]);
    await store().put({ key, value: empty, lease: id, ignoreValue: true });
    const { kvs } = await store().range({ key });
    expect(kvs).toMatchObject([{ version: 3, lease: id }]);
    expect(pairs(kvs)).toEqual([`${at()}a=2`]);
    await store().put({ key, value: empty, ignoreValue: true });
    expect((await store().leases.state(id))?.keys).toEqual([]);
    const none = bytes(`${at()}none`);
    await expect(store().put({ key: none, value: empty, ignoreValue: true })).rejects.toMatchObject(
      refused('key not found'),
    );
    await expect(store().put({ key, value: bytes('3'), ignoreValue: true })).rejects.toMatchObject(
      refused('value is provided'),
    );
    await expect(store().put({ key, value: empty, lease: id, ignoreLease: true })).rejects.toMatchObject(
      refused('lease is provided'),
    );
    await store().leases.revoke(id);
  });

  it('refuses requests without a key', async () => {
    const [key, value] = [new Uint8Array(0), bytes('1')];
    const compare = { key, target: 'version', result: 'equal', version: 0 } as const;
    for (const request of [
      () => store().range({ key }),
      () => store().put({ key, value }),
      () => store().deleteRange({ key }),
      () => store().txn({ compare: [compare], success: [], failure: [] }),
      () => store().txn({ compare: [], success: [], failure: [{ type: 'put', key, value }] }),
    ])
      await expect(request()).rejects.toMatchObject(refused('key is not provided'));
  });

  it('takes values of nearly one and a half MiB, and refuses larger requests', async () => {
    const key = bytes(`${at()}large`);
    const value = Buffer.alloc(1.5 * MIB - 1024, 1);
    await store().put({ key, value });
    expect((await store().range({ key })).kvs[0]?.value.length).toBe(value.length);
    await expect(store().put({ key, value: Buffer.alloc(1.5 * MIB) })).rejects.toMatchObject(
      refused('request is too large'),
    );
    const half = Buffer.alloc(MIB, 1);
    const success = ['a', 'b'].map((name) => ({ type: 'put', key: bytes(at() + name), value: half }) as const);
    await expect(store().txn({ compare: [], success: success.slice(0, 1), failure: [] })).resolves.toBeDefined();
    await store().deleteRange(prefixRange(at()));
    const whole = [{ ...success[0], value: value.subarray(0, MIB / 2) }, success[1]] as typeof success;
    await expect(store().txn({ compare: [], success: whole, failure: [] })).rejects.toMatchObject(
      refused('request is too large'),
    );
    expect((await store().range({ ...prefixRange(at()), countOnly: true })).count).toBe(0);
  });

  it('refuses a lease whose id is taken, or whose time is too long, and raises one that is too short', async () => {
    const { leases } = store();
    const { id } = await leases.grant({ ttlSeconds: 600 });
    await expect(leases.grant({ ttlSeconds: 600, id })).rejects.toMatchObject(refused('lease already exists'));
    await expect(leases.grant({ ttlSeconds: 9_000_000_001 })).rejects.toMatchObject(refused('too large lease TTL'));
    const short = await leases.grant({ ttlSeconds: 1 });
    expect(short.ttlSeconds).toBe(2);
    await leases.revoke(short.id);
    await leases.revoke(id);
  });
}
