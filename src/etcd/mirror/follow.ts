import type { KeyRange, KeyValueStore, Op, Watch, WatchEvent } from '../key-value-store.ts';
import type { Change, ChangeQueue } from './change-queue.ts';
import type { Selection } from './selection.ts';

/** What a put or deletion weighs beside its key and value, about. */
const OP_BYTES = 16;

/**
 * Reads a watch of all keys into the queue, revision by revision, for ever: ends only with what the watch, or reading a key that began to
 * take part, throws. The watch is read no faster than the queue has room.
 */
export async function readChanges(options: {
  readonly source: KeyValueStore;
  readonly watch: Watch;
  readonly selection: Selection;
  /** Of the target: which keys are its own. */
  readonly own: Selection;
  readonly queue: ChangeQueue;
  readonly onRevision: (revision: number) => void;
}): Promise<void> {
  const { watch, queue, onRevision } = options;
  for await (const { events, revision } of watch) {
    // Every revision changes some key, so events alone say how far the watch is. An etcd before 3.4.25 and 3.5.8 may say that it is
    // further than the events that it has sent.
    if (events.length === 0) continue;
    onRevision(revision);
    for (const group of byRevision(events)) {
      const change = await changeOf(group, options);
      const full = queue.push(change);
      if (full) await full;
    }
  }
}

function* byRevision(events: readonly WatchEvent[]): Generator<readonly WatchEvent[]> {
  let from = 0;
  for (let i = 1; i <= events.length; i++)
    if (events[i]?.kv.modRevision !== events[from]?.kv.modRevision) {
      yield events.slice(from, i);
      from = i;
    }
}

async function changeOf(
  events: readonly WatchEvent[],
  {
    source,
    selection,
    own,
  }: { readonly source: KeyValueStore; readonly selection: Selection; readonly own: Selection },
): Promise<Change> {
  const revision = events[0]?.kv.modRevision ?? 0;
  // All of a revision happens at once: what took part before any of it, and what takes part after all of it.
  const before = events.map(({ kv }) => selection.has(kv.key));
  const turned = new Map<string, Uint8Array>();
  for (const event of events) for (const key of selection.apply(event)) turned.set(text(key), key);
  const ops: Op[] = [];
  for (const [index, { type, kv }] of events.entries()) {
    if (turned.size > 0) turned.delete(text(kv.key));
    if (own.keeps(kv.key)) continue;
    if (type === 'put' && selection.has(kv.key)) ops.push(putOf(kv));
    else if (before[index] === true) ops.push({ type: 'deleteRange', key: kv.key });
  }
  for (const key of turned.values())
    if (!own.keeps(key))
      ops.push(selection.has(key) ? await present(source, { key }, revision) : { type: 'deleteRange', key });
  const bytes = ops.reduce((sum, op) => sum + OP_BYTES + (op.type === 'put' ? op.key.length + op.value.length : 0), 0);
  return { revision, ops, events: events.length, bytes, readMs: performance.now() };
}

/** The key as it was at that revision: it took no part until then. */
async function present(source: KeyValueStore, range: KeyRange, revision: number): Promise<Op> {
  const { kvs } = await source.range({ ...range, revision });
  return kvs[0] === undefined ? { type: 'deleteRange', key: range.key } : putOf(kvs[0]);
}

function putOf({ key, value }: { readonly key: Uint8Array; readonly value: Uint8Array }): Op {
  return { type: 'put', key, value };
}

function text(key: Uint8Array): string {
  return Buffer.from(key).toString('latin1');
}
