import { keyAfter, prefixRange, type KeyValueStore } from '../../etcd/index.ts';
import type { KubeObject } from '../../kube/index.ts';
import { encodeObject, StoredObject, type ParsedObjects } from './stored-object.ts';

export interface StoredPage {
  readonly items: StoredObject[];
  /** Revision of the state that was read. */
  readonly revision: number;
  /** Objects after the last one of this page. */
  readonly remaining: number;
}

function bytes(key: string): Uint8Array {
  return Buffer.from(key, 'utf8');
}

/** Objects as JSON in a key-value store, with optimistic concurrency on the revision of their key. */
export class ObjectStorage {
  readonly #store: KeyValueStore;
  readonly #parsed: ParsedObjects;

  constructor(store: KeyValueStore, parsed: ParsedObjects) {
    this.#store = store;
    this.#parsed = parsed;
  }

  async get(key: string): Promise<StoredObject | undefined> {
    const { kvs } = await this.#store.range({ key: bytes(key) });
    return kvs[0] && new StoredObject(kvs[0], this.#parsed);
  }

  /** The store's present revision. */
  async revision(): Promise<number> {
    return (await this.#store.range({ key: bytes('/registry'), countOnly: true })).revision;
  }

  /** Objects below a prefix in key order; from `after` (a key, exclusive) and at `revision` where a page goes on. */
  async list(
    prefix: string,
    page: { readonly limit?: number; readonly after?: string; readonly revision?: number } = {},
  ): Promise<StoredPage> {
    const range = prefixRange(prefix);
    const answer = await this.#store.range({
      key: page.after === undefined ? range.key : keyAfter(bytes(page.after)),
      rangeEnd: range.rangeEnd,
      limit: page.limit,
      revision: page.revision,
    });
    return {
      items: answer.kvs.map((kv) => new StoredObject(kv, this.#parsed)),
      revision: page.revision ?? answer.revision,
      remaining: answer.count - answer.kvs.length,
    };
  }

  /** undefined when the key exists. */
  async create(key: string, object: KubeObject): Promise<KubeObject | undefined> {
    const value = encodeObject(object);
    const { succeeded, revision } = await this.#store.txn({
      compare: [{ key: bytes(key), target: 'modRevision', result: 'equal', modRevision: 0 }],
      success: [{ type: 'put', key: bytes(key), value }],
      failure: [],
    });
    return succeeded ? withRevision(object, revision) : undefined;
  }

  /** undefined when the key is no longer at `expectedRevision`. */
  async update(key: string, object: KubeObject, expectedRevision: number): Promise<KubeObject | undefined> {
    const { succeeded, revision } = await this.#store.txn({
      compare: [{ key: bytes(key), target: 'modRevision', result: 'equal', modRevision: expectedRevision }],
      success: [{ type: 'put', key: bytes(key), value: encodeObject(object) }],
      failure: [],
    });
    return succeeded ? withRevision(object, revision) : undefined;
  }

  /** The revision of the deletion; undefined when the key is no longer at `expectedRevision`. */
  async delete(key: string, expectedRevision: number): Promise<number | undefined> {
    const { succeeded, revision } = await this.#store.txn({
      compare: [{ key: bytes(key), target: 'modRevision', result: 'equal', modRevision: expectedRevision }],
      success: [{ type: 'deleteRange', key: bytes(key) }],
      failure: [],
    });
    return succeeded ? revision : undefined;
  }
}

export function withRevision(object: KubeObject, revision: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}
