import fc from 'fast-check';
import type { Compare, CompareResult, KeyRange, Op, SortTarget, TxnRequest } from '../../../etcd/index.ts';

/** A revision relative to the first of a run; undefined for the present. */
export type RelativeRevision = number | undefined;

/** One request of a run. Revisions inside are relative to the first revision of the run. */
export type RandomRequest =
  | { readonly kind: 'op'; readonly op: Op }
  | { readonly kind: 'compact'; readonly revision: number }
  | { readonly kind: 'grant'; readonly lease: string }
  | { readonly kind: 'revoke'; readonly lease: string }
  | { readonly kind: 'lease'; readonly lease: string };

/** What a run is made of: below which prefix, and the revision and lease from which it counts. */
export interface RunBase {
  readonly prefix: Uint8Array;
  readonly revision: number;
  readonly lease: number;
}

const FROM_KEY = Buffer.from([0]);

function concat(prefix: Uint8Array, key: readonly number[]): Uint8Array {
  return Buffer.concat([prefix, Buffer.from(key)]);
}

/** Random requests over few keys, some of them no text, so that they meet. */
export function randomRequests(base: RunBase): fc.Arbitrary<readonly RandomRequest[]> {
  const key = fc
    .constantFrom([0x61], [0x61, 0x00], [0x61, 0x2f], [0x62], [0x00], [0xff], [0xc3, 0x28])
    .map((k) => concat(base.prefix, k));
  const range: fc.Arbitrary<KeyRange> = fc.oneof(
    { weight: 3, arbitrary: key.map((k): KeyRange => ({ key: k })) },
    { weight: 3, arbitrary: fc.tuple(key, key).map(([k, rangeEnd]): KeyRange => ({ key: k, rangeEnd })) },
    { weight: 2, arbitrary: key.map((k): KeyRange => ({ key: k, rangeEnd: FROM_KEY })) },
    { weight: 1, arbitrary: fc.constant<KeyRange>({ key: new Uint8Array(0) }) },
  );
  const value = fc.oneof(
    fc.constantFrom('', 'x', 'y').map((v) => Buffer.from(v)),
    fc.uint8Array({ maxLength: 4 }),
  );
  const lease = fc.constantFrom('0', '0', '0', ...[1, 2, 3].map((n) => String(base.lease + n)));
  const revision = fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 12 }).map((n) => base.revision + n) },
  );
  const sort = fc.option(
    fc.record({
      // Keys and revisions: where two states are equal in what they are sorted by, etcd promises no order.
      target: fc.constantFrom<SortTarget>('key', 'modRevision'),
      order: fc.constantFrom('ascending' as const, 'descending' as const),
    }),
    { nil: undefined },
  );
  const put = fc
    .record({ key, value, lease, prevKv: fc.boolean(), keeps: fc.constantFrom('', '', '', 'value', 'lease') })
    .map(({ keeps, ...rest }): Op => ({
      ...{ type: 'put', ...rest, ignoreValue: keeps === 'value', ignoreLease: keeps === 'lease' },
    }));
  const read = fc
    .record({
      ...{ range, revision, sort, limit: fc.constantFrom(0, 0, 1, 2), keysOnly: fc.boolean() },
      ...{ countOnly: fc.constantFrom(false, false, true), bound: revision },
      bounded: fc.constantFrom(
        ...(['minModRevision', 'maxModRevision', 'minCreateRevision', 'maxCreateRevision', 'none'] as const),
      ),
    })
    .map(({ range: keys, bound, bounded, ...rest }): Op => ({
      ...{ type: 'range', ...keys, ...rest },
      ...(bounded !== 'none' && { [bounded]: bound }),
    }));
  const remove = fc
    .record({ range, prevKv: fc.boolean() })
    .map(({ range: keys, prevKv }): Op => ({ type: 'deleteRange', ...keys, prevKv }));
  const compare = fc
    .record({
      ...{ range, value, lease, number: fc.integer({ min: 0, max: 3 }), revision },
      result: fc.constantFrom<CompareResult>('equal', 'notEqual', 'greater', 'less'),
      target: fc.constantFrom<Compare['target']>('version', 'createRevision', 'modRevision', 'value', 'lease'),
    })
    .map(({ range: keys, number, target, ...operand }): Compare => {
      const { result } = operand;
      switch (target) {
        case 'version':
          return { ...keys, result, target, version: number };
        case 'createRevision':
          return { ...keys, result, target, createRevision: operand.revision };
        case 'modRevision':
          return { ...keys, result, target, modRevision: operand.revision };
        case 'value':
          return { ...keys, result, target, value: operand.value };
        case 'lease':
          return { ...keys, result, target, lease: operand.lease };
      }
    });
  const simple = fc.oneof(put, put, read, remove);
  const txnOf = (op: fc.Arbitrary<Op>): fc.Arbitrary<Op> =>
    fc
      .record<TxnRequest>({
        compare: fc.array(compare, { maxLength: 2 }),
        success: fc.array(op, { maxLength: 3 }),
        failure: fc.array(op, { maxLength: 3 }),
      })
      .map((txn): Op => ({ type: 'txn', ...txn }));
  const inner = txnOf(simple);
  const op = fc.oneof(put, put, put, remove, read, txnOf(fc.oneof(simple, simple, inner)));
  const named = fc.integer({ min: 1, max: 3 }).map((n) => String(base.lease + n));
  const request = fc.oneof(
    { weight: 20, arbitrary: op.map((one): RandomRequest => ({ kind: 'op', op: one })) },
    { weight: 1, arbitrary: revision.map((r): RandomRequest => ({ kind: 'compact', revision: r })) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom('grant' as const, 'revoke' as const, 'lease' as const), named)
        .map(([kind, id]): RandomRequest => ({ kind, lease: id })),
    },
  );
  return fc.array(request, { minLength: 1, maxLength: 40 });
}
