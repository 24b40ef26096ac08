import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { constants, crc32, createDeflateRaw, type DeflateRaw } from 'node:zlib';
import { READ_BYTES, TAR_END, tarHeader, tarPadding } from '../archive/index.ts';

/** Level 1 is a third of the work of the usual 6, and what is worth compressing here is little. */
const LEVEL = 1;

/** RFC 1952: deflate, no flags, no time, nothing said of the system. */
const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

/**
 * Writes the files of a package, one after the other, as a tar in gzip. Deflate with a frame of our own around it, because
 * Node's gzip cannot change its level on the way.
 */
export class PackageWriter {
  readonly #deflate: DeflateRaw;
  #level = LEVEL;
  #checksum = 0;
  #sizeBytes = 0;

  constructor(deflate: DeflateRaw) {
    this.#deflate = deflate;
  }

  /** The bytes of the file, as they come out of what is added. */
  async *output(): AsyncGenerator<Uint8Array, void, void> {
    yield GZIP_HEADER;
    yield* this.#deflate as AsyncIterable<Uint8Array>;
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(this.#checksum, 0);
    trailer.writeUInt32LE(this.#sizeBytes % 2 ** 32, 4);
    yield trailer;
  }

  add(path: string, bytes: Uint8Array): Promise<void> {
    const content = (function* () {
      yield bytes;
    })();
    return this.addStream(path, content, { sizeBytes: bytes.length, isCompressed: false });
  }

  /** `isCompressed`: it does not shrink again, so it is stored as it is, which is written and read many times faster. */
  async addStream(
    path: string,
    content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    { sizeBytes, isCompressed }: { readonly sizeBytes: number; readonly isCompressed: boolean },
  ): Promise<void> {
    await this.#setLevel(isCompressed ? constants.Z_NO_COMPRESSION : LEVEL);
    await this.#write(tarHeader(path, sizeBytes));
    for await (const piece of pieces(content)) await this.#write(piece);
    await this.#write(tarPadding(sizeBytes));
  }

  async finish(): Promise<void> {
    await this.#setLevel(LEVEL);
    await this.#write(TAR_END);
    this.#deflate.end();
  }

  /** Each chunk is awaited, so that a change of level always falls on the same byte. */
  async #write(chunk: Uint8Array): Promise<void> {
    if (chunk.length === 0) return;
    this.#checksum = crc32(chunk, this.#checksum);
    this.#sizeBytes += chunk.length;
    await new Promise<void>((resolve, reject) => {
      this.#deflate.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
  }

  async #setLevel(level: number): Promise<void> {
    if (level === this.#level) return;
    this.#level = level;
    await new Promise<void>((resolve) => {
      this.#deflate.params(level, constants.Z_DEFAULT_STRATEGY, resolve);
    });
  }
}

/**
 * The same content in pieces of one size, whatever the sizes in which it comes: where a piece ends shows in what deflate
 * stores.
 */
async function* pieces(
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (let chunk of content) {
    while (heldBytes + chunk.length >= READ_BYTES) {
      const part = chunk.subarray(0, READ_BYTES - heldBytes);
      yield held.length === 0 ? part : Buffer.concat([...held, part]);
      chunk = chunk.subarray(part.length);
      held = [];
      heldBytes = 0;
    }
    if (chunk.length > 0) held.push(chunk);
    heldBytes += chunk.length;
  }
  yield Buffer.concat(held);
}

/** Writes a package under its name when it is complete; whatever goes wrong before leaves nothing. */
export async function writePackageFile(
  path: string,
  signal: AbortSignal | undefined,
  fill: (writer: PackageWriter) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  const deflate = createDeflateRaw({ level: LEVEL, chunkSize: 256 * 1024 });
  const writer = new PackageWriter(deflate);
  const writing = pipeline(writer.output(), createWriteStream(temporary), ...(signal ? [{ signal }] : []));
  try {
    const filling = fill(writer).then(() => writer.finish());
    await Promise.all([filling, writing]);
    await rename(temporary, path);
  } catch (error) {
    deflate.destroy();
    const reason: unknown = await writing.then(
      () => error,
      (thrown: unknown) => thrown,
    );
    await rm(temporary, { force: true });
    signal?.throwIfAborted();
    // When the disk refused, the filling only heard that nobody takes its content any more.
    throw reason instanceof Error && 'syscall' in reason ? reason : error;
  }
}
