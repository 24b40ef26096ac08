import { packageInvalid } from '../invalid.ts';
import { ByteReader, type ByteSource } from './byte-reader.ts';

// RFC 8878: section 3.1.1 (frames and blocks), 3.1.2 (skippable frames).
const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const LONGEST_BLOCK_BYTES = 128 * 1024;
/** What `zstd` up to level 19 makes needs 8 MiB. The decoder holds the window in memory. */
const WIDEST_WINDOW_BYTES = 32 * 1024 * 1024;

interface FrameHeader {
  readonly bytes: Uint8Array;
  readonly hasChecksum: boolean;
}

/**
 * Decompresses zstd frame by frame and block by block, so that no more is in memory than the window and one block, whatever
 * the input says. For Node.js before 22.15. Checksums of frames are not looked at: what matters in a package has digests.
 */
export async function* decompressZstd(source: ByteSource, where: string): AsyncGenerator<Uint8Array, void, void> {
  const { Decompress } = await import('fzstd');
  const input = new ByteReader(source);
  for (let magic = await input.readFully(4); magic.length > 0; magic = await input.readFully(4)) {
    const header = await frameHeader(input, magic, where);
    if (header === undefined) continue;
    const output: Uint8Array[] = [];
    const decoder = new Decompress((chunk) => output.push(chunk));
    decoder.push(header.bytes);
    for (let last = false; !last;) {
      const blockHeader = await exactly(input, 3, where);
      const word = littleEndian(blockHeader, 0, 3);
      last = (word & 1) === 1;
      const type = (word >> 1) & 3;
      const size = word >> 3;
      if (size > LONGEST_BLOCK_BYTES) throw packageInvalid(where, 'its zstd data holds a block that is too long');
      // A block of type 1 is one byte that is repeated `size` times.
      const block = await exactly(input, type === 1 ? 1 : size, where);
      decoder.push(blockHeader);
      decoder.push(block);
      yield* output.splice(0);
    }
    decoder.push(header.hasChecksum ? await exactly(input, 4, where) : new Uint8Array(0), true);
    yield* output.splice(0);
  }
}

/** Reads the header of a frame after its magic number; passes over a skippable frame and answers undefined. */
async function frameHeader(input: ByteReader, magic: Uint8Array, where: string): Promise<FrameHeader | undefined> {
  if (magic.length < 4) throw cutShort(where);
  const number = littleEndian(magic, 0, 4);
  if (number >>> 4 === SKIPPABLE_MAGIC >>> 4) {
    const size = littleEndian(await exactly(input, 4, where), 0, 4);
    if (!(await input.skip(size))) throw cutShort(where);
    return undefined;
  }
  if (number !== FRAME_MAGIC) throw packageInvalid(where, 'its zstd data is damaged: no frame where one should begin');
  const descriptor = (await exactly(input, 1, where))[0] ?? 0;
  const singleSegment = (descriptor >> 5) & 1;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = [singleSegment, 2, 4, 8][descriptor >> 6] ?? 0;
  const rest = await exactly(input, 1 - singleSegment + dictionaryBytes + sizeBytes, where);
  if (littleEndian(rest, 1 - singleSegment, dictionaryBytes) !== 0)
    throw packageInvalid(where, 'its zstd data needs a dictionary', { hint: 'Compress it without one.' });
  const contentSize = littleEndian(rest, rest.length - sizeBytes, sizeBytes) + (descriptor >> 6 === 1 ? 256 : 0);
  const exponent = (rest[0] ?? 0) >> 3;
  const base = 2 ** (10 + exponent);
  const windowBytes = singleSegment === 1 ? contentSize : base + (base / 8) * ((rest[0] ?? 0) & 7);
  if (windowBytes > WIDEST_WINDOW_BYTES)
    throw packageInvalid(where, 'its zstd data needs more memory than is given to it', {
      expected: `a window of at most ${String(WIDEST_WINDOW_BYTES / 1024 / 1024)} MiB`,
      found: `${String(Math.ceil(windowBytes / 1024 / 1024))} MiB`,
      hint: 'Decompress it with zstd -d, or use Node.js 22.15 or newer.',
    });
  return {
    bytes: Buffer.concat([magic, Uint8Array.of(descriptor), rest]),
    hasChecksum: ((descriptor >> 2) & 1) === 1,
  };
}

function littleEndian(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let index = length - 1; index >= 0; index--) value = value * 256 + (bytes[at + index] ?? 0);
  return value;
}

async function exactly(input: ByteReader, bytes: number, where: string): Promise<Uint8Array> {
  const read = await input.readFully(bytes);
  if (read.length < bytes) throw cutShort(where);
  return read;
}

function cutShort(where: string): Error {
  return packageInvalid(where, 'the archive is damaged or cut short: its zstd data ends too early');
}
