import type { KeyValue } from '../../etcd/index.ts';
import type { KubeObject } from '../../kube/index.ts';

/**
 * How much of what was parsed is kept, in bytes of JSON; parsed it takes about three times as much. What a data centre has fits;
 * of tens of thousands of objects those stay that were looked at last.
 */
const PARSED_BYTES = 16 * 1024 * 1024;

/** What values begin with that an API server wrote: the type in front, then metadata that are not empty. */
const HEAD = /^\{"apiVersion":"[^"\\]*","kind":"[^"\\]*","metadata":\{(?=")/;
const HEAD_LIMIT = 512;
const RESOURCE_VERSION = Buffer.from('"resourceVersion":');

const decoder = new TextDecoder('utf-8');

/** The JSON under which an object is stored. It carries no resourceVersion: the store's revision is it. */
export function encodeObject(object: KubeObject): Buffer {
  const { apiVersion, kind, metadata, ...rest } = object;
  const { resourceVersion: _, ...stored } = metadata;
  return Buffer.from(JSON.stringify({ apiVersion, kind, metadata: stored, ...rest }), 'utf8');
}

/** Objects that were parsed lately, by key and revision. Those handed out are shared and must not be changed. */
export class ParsedObjects {
  /** Oldest first. */
  readonly #objects = new Map<
    string,
    { readonly revision: number; readonly object: KubeObject; readonly size: number }
  >();
  #size = 0;

  /** Throws SyntaxError when the value is not JSON, TypeError when it is no object with metadata. */
  of(key: string, value: Uint8Array, revision: number): KubeObject {
    const known = this.#objects.get(key);
    if (known?.revision === revision) return known.object;
    const object = JSON.parse(decoder.decode(value)) as KubeObject;
    object.metadata.resourceVersion = String(revision);
    // A watch that starts in the past looks at old states; the newest is the one that will be asked for.
    if (known === undefined || known.revision < revision) this.#keep(key, { revision, object, size: value.length });
    return object;
  }

  #keep(key: string, entry: { readonly revision: number; readonly object: KubeObject; readonly size: number }): void {
    this.#forget(key);
    this.#objects.set(key, entry);
    this.#size += entry.size;
    for (const oldest of this.#objects.keys()) {
      if (this.#size <= PARSED_BYTES) return;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    this.#size -= this.#objects.get(key)?.size ?? 0;
    this.#objects.delete(key);
  }
}

/**
 * An object at one revision, as the store holds it: bytes, which are parsed when somebody looks into the object, and which go out
 * to clients as they are. `revision` is its resourceVersion.
 */
export class StoredObject {
  readonly revision: number;
  readonly #keyBytes: Uint8Array;
  readonly #value: Uint8Array;
  readonly #parsed: ParsedObjects;
  #key: string | undefined;
  #headLength: number | undefined;

  constructor(kv: Pick<KeyValue, 'key' | 'value' | 'modRevision'>, parsed: ParsedObjects) {
    this.#keyBytes = kv.key;
    this.#value = kv.value;
    this.revision = kv.modRevision;
    this.#parsed = parsed;
  }

  get key(): string {
    return (this.#key ??= decoder.decode(this.#keyBytes));
  }

  /** Shared: must not be changed. Throws SyntaxError or TypeError when the value is not an object in JSON. */
  get object(): KubeObject {
    return this.#parsed.of(this.key, this.#value, this.revision);
  }

  /** Whether the value is an object in JSON, as far as can be told without parsing what an API server wrote. */
  get readable(): boolean {
    if (this.#head() > 0) return true;
    try {
      return typeof this.object === 'object';
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof TypeError) return false;
      throw error;
    }
  }

  /** The same state at another revision, as a watch shows what was deleted. */
  at(revision: number): StoredObject {
    return new StoredObject({ key: this.#keyBytes, value: this.#value, modRevision: revision }, this.#parsed);
  }

  /**
   * The object's JSON with its resourceVersion and with `type` in place of the stored one; without `type` neither apiVersion
   * nor kind, as the items of typed lists have it.
   */
  json(type: { readonly apiVersion: string; readonly kind: string } | undefined): Buffer {
    const head = this.#head();
    if (head === 0) {
      const { apiVersion: _, kind: __, ...rest } = this.object;
      return Buffer.from(JSON.stringify({ ...type, ...rest }));
    }
    const shown = type === undefined ? '{' : `${JSON.stringify(type).slice(0, -1)},`;
    const start = `${shown}"metadata":{"resourceVersion":"${String(this.revision)}",`;
    const startLength = Buffer.byteLength(start);
    const bytes = Buffer.allocUnsafe(startLength + this.#value.length - head);
    bytes.write(start);
    bytes.set(this.#value.subarray(head), startLength);
    return bytes;
  }

  /** Length of the part that ends with the opening brace of the metadata; 0 when the value does not begin as usual. */
  #head(): number {
    return (this.#headLength ??= headLength(this.#value));
  }
}

function headLength(value: Uint8Array): number {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const head = HEAD.exec(bytes.toString('latin1', 0, HEAD_LIMIT))?.[0];
  if (head === undefined || bytes[bytes.length - 1] !== 0x7d) return 0;
  // Somewhere below there is one already: whose it is only a parser can tell.
  return bytes.includes(RESOURCE_VERSION) ? 0 : head.length;
}
