import type { FileHandle } from 'node:fs/promises';
import { borrowBuffer, giveBack, lend, READ_BYTES } from './read-buffers.ts';

const NOTHING = new Uint8Array(0);
/** What is read first: the head of a package, after which nothing more may be wanted, is not longer. */
const HEAD_BYTES = 64 * 1024;

/** Where bytes come from, chunk by chunk. */
export interface ByteSource {
  /** The next chunk, or undefined at the end. A chunk is not written to again unless it is given back (`giveBack`). */
  next(): Promise<Uint8Array | undefined>;
  /** Passes over bytes without reading them, where the source can; answers how many there were to pass over. */
  seek?(bytes: number): number;
  /** Ends what works on the bytes; to be called when reading stops before the end. Never fails. */
  close?(): Promise<void>;
}

/** A file from its beginning, read as far as it is long when it is opened. */
export class FileSource implements ByteSource {
  readonly #file: FileHandle;
  readonly #sizeBytes: number;
  #position = 0;

  constructor(file: FileHandle, sizeBytes: number) {
    this.#file = file;
    this.#sizeBytes = sizeBytes;
  }

  /** Bytes that were read or passed over. */
  get position(): number {
    return this.#position;
  }

  async next(): Promise<Uint8Array | undefined> {
    const wanted = Math.min(this.#position === 0 ? HEAD_BYTES : READ_BYTES, this.#sizeBytes - this.#position);
    if (wanted <= 0) return undefined;
    const room = borrowBuffer(wanted);
    const { bytesRead, buffer } = await this.#file.read(room, 0, wanted, this.#position);
    lend(buffer, bytesRead);
    this.#position += bytesRead;
    return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead);
  }

  seek(bytes: number): number {
    const passed = Math.min(bytes, this.#sizeBytes - this.#position);
    this.#position += passed;
    return passed;
  }
}

/** Bytes at hand as a stream of one piece. */
export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield await Promise.resolve(bytes);
}

export function bytesSource(bytes: Uint8Array): ByteSource {
  let left: Uint8Array | undefined = bytes;
  return {
    next: () => {
      const chunk = left;
      left = undefined;
      return Promise.resolve(chunk);
    },
  };
}

/** Reads a source in pieces of the reader's choosing. */
export class ByteReader {
  readonly #source: ByteSource;
  #rest: Uint8Array = NOTHING;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Between 1 and `most` bytes, as they come; none at the end. */
  async read(most: number): Promise<Uint8Array> {
    while (this.#rest.length === 0) {
      const chunk = await this.#source.next();
      if (chunk === undefined) return NOTHING;
      this.#rest = chunk;
    }
    const piece = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(piece.length);
    return piece;
  }

  /** `bytes` bytes, or fewer when the source ends. */
  async readFully(bytes: number): Promise<Uint8Array> {
    const first = await this.read(bytes);
    if (first.length === bytes || first.length === 0) return first;
    const pieces = [first];
    let length = first.length;
    while (length < bytes) {
      const piece = await this.read(bytes - length);
      if (piece.length === 0) break;
      pieces.push(piece);
      length += piece.length;
    }
    const whole = Buffer.concat(pieces);
    pieces.forEach(giveBack);
    return whole;
  }

  /** Passes over bytes; false when the source ends before. */
  async skip(bytes: number): Promise<boolean> {
    const buffered = Math.min(bytes, this.#rest.length);
    giveBack(this.#rest.subarray(0, buffered));
    this.#rest = this.#rest.subarray(buffered);
    let left = bytes - buffered;
    if (left > 0 && this.#source.seek) left -= this.#source.seek(left);
    while (left > 0) {
      const piece = await this.read(left);
      if (piece.length === 0) return false;
      left -= piece.length;
      giveBack(piece);
    }
    return true;
  }
}
