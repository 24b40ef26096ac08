import { expect, it } from 'vitest';
import { bytes, pairs, put, type ContractSetting } from './contract-setting.fixture.ts';
import { prefixRange } from './key-range.ts';
import type { Op } from './key-value-store.ts';

/** What transactions do in every store. */
export function describeTransactions({ store, at, set }: ContractSetting): void {
  const refused = (reason: string): object => ({
    code: 'ETCD_REQUEST',
    message: expect.stringContaining(reason) as string,
  });
  const count = async (): Promise<number> => (await store().range({ ...prefixRange(at()), countOnly: true })).count;

  it('judges the conditions of transactions inside a transaction by the state before it', async () => {
    const absent = { key: bytes(`${at()}a`), target: 'version', result: 'equal', version: 0 } as const;
    const { responses, revision } = await store().txn({
      compare: [],
      success: [
        { type: 'txn', compare: [], success: [put(`${at()}a`, '1')], failure: [] },
        { type: 'txn', compare: [absent], success: [put(`${at()}b`, '2')], failure: [put(`${at()}c`, '3')] },
        { type: 'range', ...prefixRange(at()) },
      ],
      failure: [],
    });
    const [first, second, listed] = responses;
    expect([first, second]).toMatchObject([
      { type: 'txn', succeeded: true, revision: 0, responses: [{ type: 'put', revision }] },
      { type: 'txn', succeeded: true, revision: 0 },
    ]);
    expect(listed?.type === 'range' ? pairs(listed.kvs) : []).toEqual([`${at()}a=1`, `${at()}b=2`]);
  });

  it('lets the two branches inside write the same key, and refuses any other second write', async () => {
    const inner = (success: Op[], failure: Op[] = []): Op => ({ type: 'txn', compare: [], success, failure });
    const a = put(`${at()}a`, '1');
    const run = (...success: Op[]): Promise<unknown> => store().txn({ compare: [], success, failure: [] });
    await run(inner([a], [a]));
    const twice = refused('duplicate key given in txn request');
    await expect(run(inner([a]), inner([], [a]))).rejects.toMatchObject(twice);
    await expect(run(inner([a]), a)).rejects.toMatchObject(twice);
    await expect(run({ type: 'deleteRange', ...prefixRange(at()) }, inner([a]))).rejects.toMatchObject(twice);
    await expect(run(inner([{ type: 'deleteRange', ...prefixRange(at()) }]), a)).rejects.toMatchObject(twice);
    expect((await store().range({ key: a.key })).kvs).toMatchObject([{ version: 1 }]);
  });

  it('compares all keys of a range at once', async () => {
    await set('a', '1');
    await set('b', '1');
    const holds = async (version: number): Promise<boolean> =>
      (
        await store().txn({
          compare: [{ ...prefixRange(at()), target: 'version', result: 'equal', version }],
          ...{ success: [], failure: [] },
        })
      ).succeeded;
    expect(await holds(1)).toBe(true);
    await set('b', '2');
    expect(await holds(1)).toBe(false);
    expect(await holds(2)).toBe(false);
  });

  it('compares leases', async () => {
    const { id } = await store().leases.grant({ ttlSeconds: 600 });
    const key = bytes(`${at()}a`);
    await store().put({ key, value: bytes('1'), lease: id });
    const compare = [{ key, target: 'lease', result: 'equal', lease: id } as const];
    expect((await store().txn({ compare, success: [], failure: [] })).succeeded).toBe(true);
    await store().leases.revoke(id);
    expect((await store().txn({ compare, success: [], failure: [] })).succeeded).toBe(false);
  });

  it('takes 128 operations and refuses one more', async () => {
    const puts = Array.from({ length: 129 }, (_, i) => put(`${at()}${String(i)}`, '1'));
    await expect(store().txn({ compare: [], success: puts, failure: [] })).rejects.toMatchObject(
      refused('too many operations in txn request'),
    );
    expect(await count()).toBe(0);
    await store().txn({ compare: [], success: puts.slice(0, 128), failure: [] });
    expect(await count()).toBe(128);
  });

  it('changes nothing when one of its operations is refused', async () => {
    const first = put(`${at()}a`, '1');
    const { revision } = await store().range({ key: first.key });
    for (const second of [
      { ...put(`${at()}b`, '1'), lease: '123456789012345678' },
      { ...put(`${at()}none`, ''), ignoreValue: true },
    ])
      await expect(store().txn({ compare: [], success: [first, second], failure: [] })).rejects.toMatchObject({
        code: 'ETCD_REQUEST',
      });
    const future: Op = { type: 'range', key: first.key, revision: revision + 1000 };
    const inner: Op = { type: 'txn', compare: [], success: [future], failure: [] };
    for (const second of [future, inner])
      await expect(store().txn({ compare: [], success: [first, second], failure: [] })).rejects.toMatchObject({
        code: 'ETCD_FUTURE_REVISION',
      });
    expect(await count()).toBe(0);
  });

  it('reads the past, and the keys that it has just written, in one transaction', async () => {
    const { revision } = await set('a', 'old');
    const { responses } = await store().txn({
      compare: [],
      success: [
        put(`${at()}a`, 'new'),
        { type: 'range', key: bytes(`${at()}a`) },
        { type: 'range', key: bytes(`${at()}a`), revision },
      ],
      failure: [],
    });
    expect(responses.flatMap((r) => (r.type === 'range' ? pairs(r.kvs) : []))).toEqual([
      `${at()}a=new`,
      `${at()}a=old`,
    ]);
  });
}
