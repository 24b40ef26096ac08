import { isGlobalctlError } from '../../base/index.ts';
import { keyAfter, prefixRange, type KeyValueStore } from '../../etcd/index.ts';
import type { KubeObject } from '../../kube/index.ts';
import { statusError } from './status-error.ts';
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

/** What etcd's client sends in one message at most. */
const MAX_SEND_BYTES = 2 * 1024 * 1024;

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
    const { succeeded, revision } = await this.#put(key, object, 0);
    return succeeded ? withRevision(object, revision) : undefined;
  }

  /** undefined when the key is no longer at `expectedRevision`. */
  async update(key: string, object: KubeObject, expectedRevision: number): Promise<KubeObject | undefined> {
    const { succeeded, revision } = await this.#put(key, object, expectedRevision);
    return succeeded ? withRevision(object, revision) : undefined;
  }

  /** What the store refuses is passed on in its own words and without a reason, as kube-apiserver does. */
  async #put(key: string, object: KubeObject, modRevision: number): Promise<{ succeeded: boolean; revision: number }> {
    const value = encodeObject(object);
    // The guard, its key, the key of the value: what kube-apiserver's client sends is a little longer still.
    const sizeBytes = value.length + 2 * Buffer.byteLength(key);
    if (sizeBytes > MAX_SEND_BYTES)
      throw statusError(
        500,
        '',
        `rpc error: code = ResourceExhausted desc = trying to send message larger than max (${String(sizeBytes)} vs. ${String(MAX_SEND_BYTES)})`,
      );
    try {
      return await this.#store.txn({
        compare: [{ key: bytes(key), target: 'modRevision', result: 'equal', modRevision }],
        success: [{ type: 'put', key: bytes(key), value }],
        failure: [],
      });
    } catch (error) {
      if (isGlobalctlError(error, 'ETCD_REQUEST')) throw statusError(500, '', error.message);
      throw error;
    }
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
