import {
  GlobalctlError,
  isGlobalctlError,
  systemClock,
  toGlobalctlError,
  type Clock,
  type ErrorCode,
} from '../../base/index.ts';
import { allKeys } from '../key-range.ts';
import type { KeyRange, KeyValueStore, Op } from '../key-value-store.ts';
import { backOff } from './back-off.ts';
import { ChangeQueue, type Change } from './change-queue.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { MirrorEvent, MirrorStatus } from './events.ts';
import { FencedWriter, tooLarge } from './fenced-writer.ts';
import { readChanges } from './follow.ts';
import type { OwnersOf } from './owned-last.ts';
import { Progress } from './progress.ts';
import { reconcile, type DeletionLimit } from './reconcile.ts';
import { without, type Selection } from './selection.ts';

export interface MirrorOptions {
  readonly source: KeyValueStore;
  readonly target: KeyValueStore;
  /** Asks for the source's cluster id, by which a checkpoint of another source is told; again after each lost connection. */
  readonly sourceId: () => Promise<string>;
  /** Where the checkpoint lies in the target, outside of what is mirrored. */
  readonly checkpointKey: Uint8Array;
  /**
   * Since when the target is one, in whatever words: with others than the checkpoint's the mirror starts over, as if it had never
   * run. Whatever has come into the target since then is not the mirror's to delete.
   */
  readonly epoch?: string | undefined;
  /** Who this is, for people. */
  readonly holder: string;
  /** What decides the selection, in a few words or a digest. */
  readonly scope: string;
  /** The selection for one side as it was at a revision. */
  readonly selectAt: (side: 'source' | 'target', revision: number, signal: AbortSignal) => Promise<Selection>;
  /** What is copied at the start, in this order; ranges of one stage side by side. The whole store when absent. */
  readonly stages?: ((revision: number) => Promise<readonly (readonly KeyRange[])[]>) | undefined;
  /** Who owns what: in the copy owners go before what they own. */
  readonly ownersOf?: OwnersOf | undefined;
  readonly deletionLimit?: DeletionLimit | undefined;
  /** How often the position is written when nothing else is, and the source asked how far it is. Default 1 s. */
  readonly idleMs?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly signal: AbortSignal;
  readonly onEvent?: ((event: MirrorEvent) => void) | undefined;
  /** Goes on counting where another mirror of the same process left off. */
  readonly progress?: Progress | undefined;
  /** Before the session first writes anything: may refuse by throwing. */
  readonly beforeWriting?: (() => Promise<void>) | undefined;
}

/** Errors that another try does not cure: somebody else writes, or a person has to decide. */
const FINAL: readonly ErrorCode[] = [
  'MIRROR_FENCED',
  'MIRROR_SOURCE_CHANGED',
  'MIRROR_DELETION_REFUSED',
  'MIRROR_CHECKPOINT_INVALID',
  'MIRROR_REVISION_TOO_LARGE',
];

/**
 * Keeps a part of one store in another: copies it as it is at one revision, then follows every change. Each transaction of the
 * target holds whole revisions of the source, and the checkpoint that says up to which, so that the target always shows one
 * revision of the source exactly (but during a copy) and a later start goes on from there. Nothing is ever written to the source.
 */
export class Mirror {
  readonly #options: MirrorOptions;
  readonly #clock: Clock;
  readonly #progress: Progress;
  #writer: FencedWriter | undefined;
  #copyBecause: (MirrorEvent & { type: 'copying' })['because'] | undefined;

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#progress = options.progress ?? new Progress(this.#clock, options.idleMs);
  }

  get status(): MirrorStatus {
    return this.#progress.status;
  }

  /**
   * Runs until the signal aborts. Troubles with either side are waited out. Throws MIRROR_FENCED when another mirror has taken
   * over, MIRROR_SOURCE_CHANGED for a checkpoint of another source, MIRROR_DELETION_REFUSED, MIRROR_REVISION_TOO_LARGE and
   * MIRROR_CHECKPOINT_INVALID.
   */
  async run(): Promise<void> {
    const { signal } = this.#options;
    for (let attempt = 1; !signal.aborted; attempt++) {
      const { revision } = this.#progress;
      try {
        await this.#session();
      } catch (thrown) {
        if (signal.aborted) return;
        const error = toGlobalctlError(thrown);
        if (FINAL.includes(error.code)) throw error;
        this.#progress.phase = 'waiting';
        if (isGlobalctlError(error, 'ETCD_COMPACTED')) this.#copyBecause = 'compacted';
        else this.#trouble(error);
        this.#progress.counts.reconnects++;
        if (this.#progress.revision > revision) attempt = 1;
        await backOff(attempt, this.#clock, signal).catch(() => undefined);
      }
    }
  }

  /**
   * Puts keys right that are missing or differ although the mirror wrote them: somebody else changed the target. Each gets the
   * value that the source had at the target's position. Throws MIRROR_FENCED when no session runs.
   */
  async repair(keys: readonly Uint8Array[]): Promise<void> {
    const { source } = this.#options;
    for (let from = 0; from < keys.length; from += REPAIR_KEYS) {
      const some = keys.slice(from, from + REPAIR_KEYS);
      if (this.#writer === undefined)
        throw new GlobalctlError('MIRROR_FENCED', { message: 'no mirror writes into the target at present' });
      await this.#writer.commitAside(async ({ revision }) => {
        const kvs = (await Promise.all(some.map((key) => source.range({ key, revision })))).flatMap((a) => a.kvs);
        return kvs.map(({ key, value }): Op => ({ type: 'put', key, value }));
      });
    }
  }

  async #session(): Promise<void> {
    const { target, source, checkpointKey: key, holder, scope, epoch = '' } = this.#options;
    // Ends everything that a session started, however it ends.
    const end = new AbortController();
    const signal = AbortSignal.any([this.#options.signal, end.signal]);
    const background: Promise<void>[] = [];
    try {
      const onTrouble = (error: GlobalctlError): void => this.#trouble(error);
      const writer = await FencedWriter.open({ target, key, holder, clock: this.#clock, signal, onTrouble });
      // That of another epoch says nothing about this one; only its place is kept, for the fence.
      const found = writer.checkpoint?.epoch === epoch ? writer.checkpoint : undefined;
      const present = (await source.range({ key, countOnly: true })).revision;
      const sourceId = await this.#options.sourceId();
      if (found) refuseForeign(found, sourceId, present);
      await this.#options.beforeWriting?.();
      const because = this.#copyBecause ?? reasonToCopy(found, scope);
      const position =
        found && because === undefined
          ? await this.#resume(writer, found)
          : await this.#copy(writer, { sourceId, revision: present, because: because ?? 'first' }, signal);
      this.#copyBecause = undefined;
      this.#writer = writer;
      await this.#follow(writer, position, { signal, background });
    } finally {
      this.#writer = undefined;
      end.abort();
      await Promise.all(background);
    }
  }

  async #resume(writer: FencedWriter, found: Checkpoint): Promise<Checkpoint> {
    // From here on whoever wrote before is fenced off.
    await writer.commit([], found);
    return found;
  }

  async #copy(
    writer: FencedWriter,
    from: {
      readonly sourceId: string;
      readonly revision: number;
      readonly because: (MirrorEvent & { type: 'copying' })['because'];
    },
    signal: AbortSignal,
  ): Promise<Checkpoint> {
    const { sourceId, revision, because } = from;
    const { source, target, scope, checkpointKey, stages, deletionLimit, onEvent } = this.#options;
    this.#progress.phase = 'copying';
    this.#progress.counts.copies++;
    const { epoch = '' } = this.#options;
    const found = writer.checkpoint?.epoch === epoch ? writer.checkpoint : undefined;
    const local = (await target.range({ key: checkpointKey, countOnly: true })).revision;
    const position = {
      ...{ source: sourceId, epoch, scope, revision: found?.revision ?? 0 },
      firstLocalRevision: found?.firstLocalRevision ?? local,
    };
    await writer.commit([], { ...position, copying: revision });
    onEvent?.({ type: 'copying', revision, because });
    const targetRevision = (await target.range({ key: checkpointKey, countOnly: true })).revision;
    const [ofSource, ofTarget] = await Promise.all([
      this.#selectAt('source', revision, signal),
      this.#selectAt('target', targetRevision, signal),
    ]);
    const result = await reconcile({
      writer,
      source: { store: source, revision, select: (key) => ofSource.has(key) && !ofTarget.keeps(key) },
      target: { store: target, revision: targetRevision, select: (key) => ofTarget.has(key) },
      stages: (await stages?.(revision)) ?? [[allKeys]],
      firstLocalRevision: position.firstLocalRevision,
      ownersOf: this.#options.ownersOf,
      limit: deletionLimit,
      onWritten: (written) => this.#progress.wrote(written),
      signal,
    });
    await writer.commit([], { ...position, revision });
    this.#progress.reach(revision);
    onEvent?.({ type: 'copied', revision, ...result });
    const { checkpoint } = writer;
    if (checkpoint === undefined) throw new GlobalctlError('MIRROR_FENCED', { message: 'the checkpoint is gone' });
    return checkpoint;
  }

  /** What it starts goes into `background`: it never rejects, and ends with the signal. */
  async #follow(
    writer: FencedWriter,
    from: Checkpoint,
    { signal, background }: { readonly signal: AbortSignal; readonly background: Promise<void>[] },
  ): Promise<void> {
    const { source, target, checkpointKey, onEvent } = this.#options;
    const progress = this.#progress;
    const local = (await target.range({ key: checkpointKey, countOnly: true })).revision;
    const [selection, own] = await Promise.all([
      this.#selectAt('source', from.revision, signal),
      this.#selectAt('target', local, signal),
    ]);
    progress.reach(from.revision);
    const queue = new ChangeQueue();
    // A watch of its own ends with the session.
    const watch = source.watch({ ...allKeys, startRevision: from.revision + 1, signal });
    const reading = readChanges({
      ...{ source, watch, selection, own, queue },
      onRevision: (revision) => progress.hear(revision),
    }).then(
      () => queue.fail(new GlobalctlError('ETCD_UNREACHABLE', { message: 'the watch ended' })),
      (error: unknown) => queue.fail(error),
    );
    progress.phase = 'following';
    onEvent?.({ type: 'following', revision: from.revision });
    background.push(reading, this.#tick(queue, signal));
    let written = from.revision;
    try {
      for (;;) {
        const change = await queue.take();
        signal.throwIfAborted();
        if (change.ops.length > 0 || change.flush === true) {
          const revision = Math.max(change.revision, progress.revision);
          if (change.ops.length > 0 || revision > written) await this.#write(writer, change, { ...from, revision });
          written = revision;
        }
        progress.reach(change.revision);
      }
    } finally {
      queue.fail(new GlobalctlError('CANCELLED', { message: 'the mirror stops' }));
    }
  }

  async #write(writer: FencedWriter, change: Change, position: Checkpoint): Promise<void> {
    const { ops } = change;
    try {
      await writer.commit(ops, position);
    } catch (error) {
      const refused = tooLarge(ops, error);
      if (refused === undefined) throw error;
      if (ops.length > 1) throw refused;
      // One key is not torn when its checkpoint follows.
      await writer.write(ops);
      await writer.commit([], position);
    }
    const puts = ops.filter((op) => op.type === 'put').length;
    this.#progress.wrote({ puts, deletions: ops.length - puts, bytes: change.bytes });
  }

  /** From time to time: asks how far the source is, and has the position written when only other keys changed. Never rejects. */
  async #tick(queue: ChangeQueue, signal: AbortSignal): Promise<void> {
    const { source, checkpointKey: key, idleMs = 1000 } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#clock.sleep(idleMs, signal);
        const { revision } = await source.range({ key, countOnly: true });
        this.#progress.hear(revision);
        void queue.push({ ...FLUSH, readMs: performance.now() });
      } catch (error) {
        if (!signal.aborted) this.#trouble(toGlobalctlError(error));
      }
    }
  }

  async #selectAt(side: 'source' | 'target', revision: number, signal: AbortSignal): Promise<Selection> {
    const { selectAt, checkpointKey } = this.#options;
    return without(checkpointKey, await selectAt(side, revision, signal));
  }

  #trouble(error: GlobalctlError): void {
    this.#progress.counts.errors++;
    this.#options.onEvent?.({ type: 'trouble', error });
  }
}

/** Keys that are read, and put right, at once; values are of an object's size. */
const REPAIR_KEYS = 32;
const FLUSH = { revision: 0, ops: [], events: 0, bytes: 0, flush: true } as const;

function reasonToCopy(
  found: Checkpoint | undefined,
  scope: string,
): (MirrorEvent & { type: 'copying' })['because'] | undefined {
  if (found === undefined || (found.revision === 0 && found.copying === undefined)) return 'first';
  if (found.copying !== undefined) return 'unfinished';
  return found.scope === scope ? undefined : 'scope';
}

function refuseForeign(found: Checkpoint, sourceId: string, present: number): void {
  if (found.source === sourceId && found.revision <= present) return;
  throw new GlobalctlError('MIRROR_SOURCE_CHANGED', {
    message:
      found.source === sourceId
        ? 'the source is older than what was mirrored from it: it was put back to an earlier state'
        : 'the target holds the mirror of another source',
    expected: `etcd cluster ${found.source} at revision ${String(found.revision)} or later`,
    found: `etcd cluster ${sourceId} at revision ${String(present)}`,
  });
}
