import { randomUUID } from 'node:crypto';
import { GlobalctlError, isGlobalctlError, toGlobalctlError, type Clock } from '../../base/index.ts';
import type { Compare, KeyValue, KeyValueStore, Op } from '../key-value-store.ts';
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from './checkpoint.ts';
import { backOff } from './back-off.ts';
import { FLAT_OPS, packOps } from './pack-ops.ts';

export interface FencedWriterOptions {
  readonly target: KeyValueStore;
  readonly key: Uint8Array;
  readonly holder: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onTrouble: (error: GlobalctlError) => void;
}

type Position = Pick<Checkpoint, 'source' | 'epoch' | 'scope' | 'revision' | 'firstLocalRevision' | 'copying'>;

/**
 * Writes into the target in the name of one session. Every transaction holds only while the checkpoint is as this session wrote
 * it last, so that no other's writes can come between; what a session that was superseded still has under way is refused.
 */
export class FencedWriter {
  readonly session = randomUUID();
  readonly #options: FencedWriterOptions;
  #found: Checkpoint | undefined;
  #written: Checkpoint | undefined;
  /** Of the checkpoint, as this session knows it. */
  #modRevision: number;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: FencedWriterOptions, kv: KeyValue | undefined) {
    this.#options = options;
    this.#modRevision = kv?.modRevision ?? 0;
    this.#found = kv && decodeCheckpoint(kv.value);
  }

  /** Reads the checkpoint; the session begins with its first `commit`. */
  static async open(options: FencedWriterOptions): Promise<FencedWriter> {
    const { kvs } = await options.target.range({ key: options.key });
    return new FencedWriter(options, kvs[0]);
  }

  /** The checkpoint as it was found, or written last. */
  get checkpoint(): Checkpoint | undefined {
    return this.#written ?? this.#found;
  }

  /**
   * Writes operations on different keys and the new position in one transaction, again until the target answers. Commits go one
   * after the other. Throws MIRROR_FENCED when another session has taken over, CANCELLED, and what the target refuses.
   */
  commit(ops: readonly Op[], position: Position): Promise<void> {
    const turn = this.#turn.then(() => this.#commit(ops, position));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /**
   * A commit that leaves the position where it is, for what does not come out of the stream of changes. `make` is called when it
   * is its turn, with the checkpoint that the target then shows.
   */
  commitAside(make: (checkpoint: Checkpoint) => Promise<readonly Op[]>): Promise<void> {
    const turn = this.#turn.then(async () => {
      const { checkpoint } = this;
      if (checkpoint === undefined) throw fenced('no session has begun');
      await this.#commit(await make(checkpoint), checkpoint);
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /**
   * Writes operations that may happen in any order, and twice, while no commit is under way: many at a time. Throws as `commit`.
   */
  async write(ops: readonly Op[]): Promise<void> {
    const { target, key } = this.#options;
    // Nothing beside the operations: a value may be as large as the target takes.
    const request = { compare: [this.#fence()], success: packOps(ops), failure: [] };
    const { succeeded } = await this.#insist(() => target.txn(request)).catch((error: unknown) => {
      throw tooLarge(ops, error) ?? error;
    });
    if (!succeeded) this.#examine(await target.range({ key }));
  }

  async #commit(ops: readonly Op[], position: Position): Promise<void> {
    const { target, key, holder, clock } = this.#options;
    const { source, epoch, scope, revision, firstLocalRevision, copying } = position;
    const next: Checkpoint = {
      ...{ source, epoch, scope, revision, firstLocalRevision, ...(copying !== undefined && { copying }) },
      ...{ holder, session: this.session, sequence: (this.#written?.sequence ?? 0) + 1 },
      time: new Date(clock.now()).toISOString(),
    };
    const put: Op = { type: 'put', key, value: encodeCheckpoint(next) };
    const success = [...packOps(ops), put];
    const answer = await this.#insist(() =>
      target.txn({ compare: [this.#fence()], success, failure: [{ type: 'range', key }] }),
    );
    if (answer.succeeded) this.#modRevision = answer.revision;
    else {
      const present = this.#examine(answer.responses[0], next.sequence);
      this.#modRevision = present.modRevision;
    }
    this.#written = next;
  }

  #fence(): Compare {
    return { key: this.#options.key, target: 'modRevision', result: 'equal', modRevision: this.#modRevision };
  }

  /** Whether a transaction that was refused had already been done by an earlier try whose answer was lost. */
  #examine(response: unknown, sequence?: number): KeyValue {
    const kv = (response as { readonly kvs?: readonly KeyValue[] } | undefined)?.kvs?.[0];
    if (kv === undefined) throw fenced('its checkpoint is gone');
    const present = decodeCheckpoint(kv.value);
    if (present.session === this.session && present.sequence === sequence) return kv;
    throw fenced(`${present.holder} writes since ${present.time}`);
  }

  async #insist<T>(work: () => Promise<T>): Promise<T> {
    const { signal, clock, onTrouble } = this.#options;
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted();
      try {
        return await work();
      } catch (error) {
        if (!isGlobalctlError(error, 'ETCD_UNREACHABLE')) throw error;
        onTrouble(toGlobalctlError(error));
        await backOff(attempt, clock, signal);
      }
    }
  }
}

/** Below this a refusal has other reasons than the size. */
const LARGE_BYTES = 512 * 1024;

/** Whether the target may have refused operations for their size: its limits are lower than the source's, or they lie at the limit. */
function isLarge(ops: readonly Op[]): boolean {
  return ops.length > FLAT_OPS || weightOf(ops) > LARGE_BYTES;
}

export function tooLarge(ops: readonly Op[], error: unknown): GlobalctlError | undefined {
  if (!isLarge(ops) || !isGlobalctlError(error, 'ETCD_REQUEST')) return undefined;
  const [first] = ops;
  const key = first?.type === 'put' || first?.type === 'deleteRange' ? Buffer.from(first.key).toString('utf8') : '';
  return new GlobalctlError('MIRROR_REVISION_TOO_LARGE', {
    message: `the target does not take a revision of the source in one transaction: ${error.message}`,
    subject: `${String(ops.length)} keys, ${String(weightOf(ops))} bytes, the first ${key}`,
    cause: error,
  });
}

function weightOf(ops: readonly Op[]): number {
  return ops.reduce((sum, op) => sum + (op.type === 'put' ? op.key.length + op.value.length : 0), 0);
}

function fenced(found: string): GlobalctlError {
  return new GlobalctlError('MIRROR_FENCED', {
    message: 'another mirror writes into the same target',
    expected: 'the checkpoint as this mirror wrote it',
    found,
  });
}
