import { GlobalctlError } from '../../../base/index.ts';
import { copyRange, prefixRange, type Entry, type KeyValue, type KeyValueStore } from '../../../etcd/index.ts';
import { orderByOwnership } from '../../move/index.ts';
import { decodeCustomResource, type KeyNode } from './survey.ts';

/**
 * Copies keys as they are at a revision of the source, byte for byte, owners before dependents. A key that exists in the
 * target is only replaced when it is the same object (its uid), from an earlier try. Resolves with the number of keys written.
 * Throws IMPORT_CONFLICT, ETCD_CONFLICT and what reading at a revision throws.
 */
export async function copyKeys(options: {
  readonly source: KeyValueStore;
  readonly target: KeyValueStore;
  readonly revision: number;
  /** All keys of the import: they decide the order. */
  readonly keys: readonly KeyNode[];
  readonly isDue: (node: KeyNode) => boolean;
  readonly signal: AbortSignal;
  /** Called for each key that is read to be written. */
  readonly onStep: () => void;
}): Promise<number> {
  const { source, target, revision, isDue, signal, onStep } = options;
  let written = 0;
  for (const level of orderByOwnership(options.keys)) {
    const folders = new Map<string, Set<string>>();
    for (const { folder, key } of level.filter(isDue)) {
      const keys = folders.get(folder) ?? new Set();
      folders.set(folder, keys.add(key));
    }
    for (const [folder, keys] of folders) {
      const copied = await copyRange({
        source,
        target,
        range: prefixRange(folder),
        revision,
        select: (kv) => {
          const isWanted = keys.has(textOf(kv.key));
          if (isWanted) onStep();
          return isWanted;
        },
        onPresent: replaceSameObject,
        signal,
      });
      written += copied.written;
    }
  }
  return written;
}

function replaceSameObject({ key, value }: Entry, present: KeyValue): 'replace' {
  const uidOf = (bytes: Uint8Array): string => decodeCustomResource(textOf(key), bytes).metadata.uid ?? '';
  const [expected, found] = [uidOf(value), uidOf(present.value)];
  if (expected === found) return 'replace';
  throw new GlobalctlError('IMPORT_CONFLICT', {
    message: 'the new cluster holds another object under the name of one that is to be imported',
    subject: textOf(key),
    expected: `uid ${expected}`,
    found: `uid ${found}`,
  });
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
