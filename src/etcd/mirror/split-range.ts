import type { KeyRange, KeyValueStore } from '../key-value-store.ts';

/** A range of fewer keys is read at once. */
const WORTH_SPLITTING = 8000;
/** The bytes of a boundary that are looked for; keys of one folder differ early. */
const BOUNDARY_BYTES = 6;

/**
 * Divides a range into `parts` that hold about as many keys each, by counting: no key and no value is read but the first. A small
 * range, and one whose keys cannot be told apart so, stays whole.
 */
export async function splitRange(
  store: KeyValueStore,
  range: KeyRange,
  options: { readonly revision: number; readonly parts: number },
): Promise<readonly KeyRange[]> {
  const { revision, parts } = options;
  const countOf = async (part: KeyRange): Promise<number> =>
    (await store.range({ ...part, revision, countOnly: true })).count;
  const count = await countOf(range);
  const end = range.rangeEnd;
  if (count < WORTH_SPLITTING || end === undefined) return [range];
  const stem = await commonStem(store, range, revision, count);
  const boundaries: Uint8Array[] = [];
  for (let part = 1; part < parts; part++) {
    const wanted = (count * part) / parts;
    let boundary = Buffer.from(stem);
    for (let byte = 0; byte < BOUNDARY_BYTES; byte++) {
      let [low, high] = [0, 255];
      // The greatest byte up to which no more than the wanted keys lie.
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        const upTo = Buffer.concat([boundary, Buffer.of(middle)]);
        if ((await countOf({ key: range.key, rangeEnd: upTo })) <= wanted) low = middle;
        else high = middle - 1;
      }
      boundary = Buffer.concat([boundary, Buffer.of(low)]);
      const reached = await countOf({ key: range.key, rangeEnd: boundary });
      if (Math.abs(reached - wanted) < count / (parts * 10)) break;
    }
    const before = boundaries[boundaries.length - 1] ?? range.key;
    if (Buffer.compare(boundary, before) > 0) boundaries.push(boundary);
  }
  const edges = [range.key, ...boundaries, end];
  return edges.slice(1).map((rangeEnd, i) => ({ key: edges[i] ?? range.key, rangeEnd }));
}

/** The longest beginning that all keys of the range share. */
async function commonStem(store: KeyValueStore, range: KeyRange, revision: number, count: number): Promise<Buffer> {
  const { kvs } = await store.range({ ...range, revision, limit: 1, keysOnly: true });
  const first = Buffer.from(kvs[0]?.key ?? new Uint8Array(0));
  let [low, high] = [0, first.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const stem = first.subarray(0, middle);
    // A 0xff in a key would need a carry; Kubernetes' keys have none.
    const after = Buffer.concat([stem, Buffer.of(0xff)]);
    const shared = (await store.range({ key: stem, rangeEnd: after, revision, countOnly: true })).count;
    if (shared >= count) low = middle;
    else high = middle - 1;
  }
  return first.subarray(0, low);
}
