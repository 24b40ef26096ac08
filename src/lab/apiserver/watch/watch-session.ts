import type { ServerResponse } from 'node:http';
import type { KubeObject } from '../../../kube/index.ts';
import { drained } from '../drained.ts';
import type { ObjectPredicate } from '../object-reader.ts';
import type { StoredObject } from '../stored-object.ts';
import type { CacheEvent, CacheSubscriber, WatchCache } from './watch-cache.ts';

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

/** A reader that lets this much pile up is cut off; it lists again. */
const BACKLOG_BYTES = 32 * 1024 * 1024;

const LINE_END = Buffer.from('}\n');

/** How objects look on the wire of one watch, as JSON: plain, as a Table, as metadata. `form` names it for sharing between watches. */
export interface EventEncoding {
  readonly form: string;
  readonly encode: (stored: StoredObject) => Buffer;
}

/** One client's watch: filters the events of a cache and writes them, one JSON document a line. */
export class WatchSession implements CacheSubscriber {
  readonly #response: ServerResponse;
  readonly #keyPrefix: string;
  readonly #predicate: ObjectPredicate | undefined;
  readonly #encoding: EventEncoding;
  readonly #bookmark: (revision: number) => KubeObject;
  #revision: number;
  #onEnd: (() => void) | undefined;

  constructor(options: {
    response: ServerResponse;
    /** Only keys below this prefix are of interest. */
    keyPrefix: string;
    predicate: ObjectPredicate | undefined;
    encoding: EventEncoding;
    bookmark: (revision: number) => KubeObject;
    fromRevision: number;
  }) {
    this.#response = options.response;
    this.#keyPrefix = options.keyPrefix;
    this.#predicate = options.predicate;
    this.#encoding = options.encoding;
    this.#bookmark = options.bookmark;
    this.#revision = options.fromRevision;
  }

  /** Resolves when the watch ends, by the client, the time limit or a reset. */
  ended(): Promise<void> {
    // The client may have gone while the present state was read.
    if (this.#isOver()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEnd = resolve;
      this.#response.once('close', resolve);
    });
  }

  event(event: CacheEvent): void {
    if (event.revision <= this.#revision || !event.key.startsWith(this.#keyPrefix)) return;
    const type = this.#typeFor(event);
    if (type === undefined) return;
    const { form, encode } = this.#encoding;
    this.#write(event.line(`${type} ${form}`, () => eventLine(type, encode(shownObject(event, type)))));
  }

  /** Sends the state that the watch begins with, as fast as the client takes it: it may be larger than what may pile up. */
  async begin(state: Iterable<StoredObject>): Promise<void> {
    for (const stored of state) {
      this.#write(eventLine('ADDED', this.#encoding.encode(stored)));
      if (this.#response.writableNeedDrain) await drained(this.#response);
      if (this.#isOver()) return;
    }
  }

  /**
   * Follows the cache from where the session stands: what has happened since as fast as the client takes it, then every event as it
   * comes. Resolves to how to stop, or to undefined when the cache does not reach back so far.
   */
  async follow(cache: WatchCache): Promise<(() => void) | undefined> {
    for (;;) {
      const events = this.#isOver() ? [] : cache.eventsAfter(this.#revision);
      // Joined in the same turn in which nothing was left, so that nothing falls in between.
      if (events === undefined || events.length === 0) return cache.subscribe(this.#revision, this);
      for (const event of events) {
        this.event(event);
        event.release();
        if (this.#response.writableNeedDrain) await drained(this.#response);
        if (this.#isOver()) break;
      }
      this.progress(events.at(-1)?.revision ?? 0);
    }
  }

  progress(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
  }

  reset(): void {
    this.#end();
  }

  /** A bookmark at what has been handed over so far. */
  sendBookmark(annotations?: Record<string, string>): void {
    const object = this.#bookmark(this.#revision);
    if (annotations) object.metadata.annotations = annotations;
    this.send('BOOKMARK', object);
  }

  send(type: WatchEventType, object: unknown): void {
    this.#write(`${JSON.stringify({ type, object })}\n`);
  }

  finish(): void {
    this.#end();
  }

  /** With a selector an object appears when it begins to match and disappears when it ceases to. */
  #typeFor(event: CacheEvent): WatchEventType | undefined {
    const predicate = this.#predicate;
    // Without a selector nothing has to be looked into.
    const matches = (object: KubeObject | undefined): boolean => object !== undefined && predicate?.(object) === true;
    const before = event.previous !== undefined && (!predicate || matches(event.previousObject));
    const after = event.type === 'put' && (!predicate || matches(event.object));
    if (after) return before ? 'MODIFIED' : 'ADDED';
    return before ? 'DELETED' : undefined;
  }

  #isOver(): boolean {
    return this.#response.destroyed || this.#response.writableEnded;
  }

  #write(line: string | Buffer): void {
    if (this.#isOver()) return;
    this.#response.write(line);
    if (this.#response.writableLength > BACKLOG_BYTES) this.#response.destroy();
  }

  #end(): void {
    if (!this.#response.writableEnded) this.#response.end();
    this.#onEnd?.();
  }
}

/** An object that ceased to match is shown in its last matching state, at the revision of the change. */
function shownObject(event: CacheEvent, type: WatchEventType): StoredObject {
  if (type !== 'DELETED' || event.type === 'delete' || !event.previous) return event.stored;
  return event.previous.at(event.revision);
}

function eventLine(type: WatchEventType, object: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), object, LINE_END]);
}
