import type { KeyRange } from './key-value-store.ts';

const ZERO = new Uint8Array([0]);

/** Every key of the store. */
export const allKeys: KeyRange = { key: ZERO, rangeEnd: ZERO };

/** The smallest key that is greater than every key with this prefix; one zero byte (no end) when there is none. */
export function prefixEnd(prefix: Uint8Array): Uint8Array {
  for (let i = prefix.length - 1; i >= 0; i--) {
    const byte = prefix[i] ?? 0;
    if (byte < 0xff) {
      // Not `slice`: a Buffer's shares the memory of the prefix.
      const end = Uint8Array.from(prefix.subarray(0, i + 1));
      end[i] = byte + 1;
      return end;
    }
  }
  return ZERO;
}

/** All keys that begin with `prefix` (text is taken as UTF-8). An empty prefix is every key. */
export function prefixRange(prefix: string | Uint8Array): KeyRange {
  const key = typeof prefix === 'string' ? Buffer.from(prefix, 'utf8') : prefix;
  return key.length === 0 ? allKeys : { key, rangeEnd: prefixEnd(key) };
}

/** The smallest key after `key`: where a paged read goes on. */
export function keyAfter(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}
