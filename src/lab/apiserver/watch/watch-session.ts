import type { ServerResponse } from 'node:http';
import type { KubeObject } from '../../../kube/index.ts';
import type { ObjectPredicate } from '../object-reader.ts';
import type { CacheEvent, CacheSubscriber } from './watch-cache.ts';

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

/** A reader that lets this much pile up is cut off; it lists again. */
const BACKLOG_BYTES = 32 * 1024 * 1024;

/** How objects look on the wire of one watch: plain, as a Table, as metadata. `form` names it for sharing between watches. */
export interface EventEncoding {
  readonly form: string;
  readonly encode: (object: KubeObject) => unknown;
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
    if (this.#response.destroyed || this.#response.writableEnded) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEnd = resolve;
      this.#response.once('close', resolve);
    });
  }

  event(event: CacheEvent): void {
    if (event.revision <= this.#revision || !event.key.startsWith(this.#keyPrefix)) return;
    const type = this.#typeFor(event);
    if (type === undefined) return;
    const form = `${type} ${this.#encoding.form}`;
    let line = event.encoded.get(form);
    if (line === undefined) {
      line = `${JSON.stringify({ type, object: this.#encoding.encode(shownObject(event, type)) })}\n`;
      event.encoded.set(form, line);
    }
    this.#write(line);
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
    const matches = this.#predicate ?? ((): boolean => true);
    const before = event.previous !== undefined && matches(event.previous);
    const after = event.type === 'put' && matches(event.object);
    if (after) return before ? 'MODIFIED' : 'ADDED';
    return before ? 'DELETED' : undefined;
  }

  #write(line: string): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    this.#response.write(line);
    if (this.#response.writableLength > BACKLOG_BYTES) this.#response.destroy();
  }

  #end(): void {
    if (!this.#response.writableEnded) this.#response.end();
    this.#onEnd?.();
  }
}

/** An object that ceased to match is shown in its last matching state, at the revision of the change. */
function shownObject(event: CacheEvent, type: WatchEventType): KubeObject {
  if (type !== 'DELETED' || event.type === 'delete' || !event.previous) return event.object;
  const { previous } = event;
  return { ...previous, metadata: { ...previous.metadata, resourceVersion: String(event.revision) } };
}
