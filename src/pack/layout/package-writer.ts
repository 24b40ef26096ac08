import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip, type Gzip } from 'node:zlib';
import { TAR_END, tarHeader, tarPadding } from '../archive/index.ts';

/** Level 1 is a third of the work of the usual 6, and what is worth compressing here is little. */
const LEVEL = 1;

/** Writes the files of a package, one after the other, as a tar in gzip. */
export class PackageWriter {
  readonly #gzip: Gzip;
  #level = LEVEL;

  constructor(gzip: Gzip) {
    this.#gzip = gzip;
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
    for await (const chunk of content) await this.#write(chunk);
    await this.#write(tarPadding(sizeBytes));
  }

  async finish(): Promise<void> {
    await this.#setLevel(LEVEL);
    await this.#write(TAR_END);
    this.#gzip.end();
  }

  /** Each chunk is awaited, so that a change of level always falls on the same byte. */
  async #write(chunk: Uint8Array): Promise<void> {
    if (chunk.length === 0) return;
    await new Promise<void>((resolve, reject) => {
      this.#gzip.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
  }

  async #setLevel(level: number): Promise<void> {
    if (level === this.#level) return;
    this.#level = level;
    // Every compressing stream has it; the types know it only of deflate.
    const gzip = this.#gzip as Gzip & {
      params(level: number, strategy: number, done: (error: Error | null) => void): void;
    };
    await new Promise<void>((resolve, reject) => {
      gzip.params(level, constants.Z_DEFAULT_STRATEGY, (error) => (error ? reject(error) : resolve()));
    });
  }
}

/** Writes a package under its name when it is complete; whatever goes wrong before leaves nothing. */
export async function writePackageFile(
  path: string,
  signal: AbortSignal | undefined,
  fill: (writer: PackageWriter) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  const gzip = createGzip({ level: LEVEL, chunkSize: 256 * 1024 });
  const writing = pipeline(gzip, createWriteStream(temporary), ...(signal ? [{ signal }] : []));
  try {
    const writer = new PackageWriter(gzip);
    const filling = fill(writer).then(() => writer.finish());
    await Promise.all([filling, writing]);
    await rename(temporary, path);
  } catch (error) {
    gzip.destroy();
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
