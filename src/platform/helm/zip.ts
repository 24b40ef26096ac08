import { createWriteStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { GlobalctlError } from '../../base/index.ts';

/** A file inside a zip archive, as its central directory lists it. */
export interface ZipEntry {
  readonly path: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly crc32: number;
  readonly compressedBytes: number;
  readonly sizeBytes: number;
  readonly headerOffset: number;
}

// Signatures and field offsets are those of PKWARE's APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16.
const END_OF_DIRECTORY = 0x06054b50;
const END_OF_DIRECTORY_BYTES = 22;
const LONGEST_COMMENT_BYTES = 0xffff;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;

function invalid(path: string, message: string): GlobalctlError {
  return new GlobalctlError('FILE_UNREADABLE', { message: `${path}: ${message}`, subject: path });
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(length), position });
  return buffer.subarray(0, bytesRead);
}

async function readDirectory(file: FileHandle, path: string): Promise<ZipEntry[]> {
  const { size } = await file.stat();
  const tailBytes = Math.min(size, END_OF_DIRECTORY_BYTES + LONGEST_COMMENT_BYTES);
  const tail = await readAt(file, size - tailBytes, tailBytes);
  let end = tail.length - END_OF_DIRECTORY_BYTES;
  while (end >= 0 && tail.readUInt32LE(end) !== END_OF_DIRECTORY) end--;
  if (end < 0) throw invalid(path, 'not a zip archive');
  const count = tail.readUInt16LE(end + 10);
  const directory = await readAt(file, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
  const entries: ZipEntry[] = [];
  for (let at = 0, i = 0; i < count; i++) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== DIRECTORY_ENTRY)
      throw invalid(path, 'the central directory is damaged');
    const nameBytes = directory.readUInt16LE(at + 28);
    entries.push({
      path: directory.toString('utf8', at + 46, at + 46 + nameBytes),
      method: directory.readUInt16LE(at + 10),
      crc32: directory.readUInt32LE(at + 16),
      compressedBytes: directory.readUInt32LE(at + 20),
      sizeBytes: directory.readUInt32LE(at + 24),
      headerOffset: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

/** The entry `path` of a zip archive, or undefined. Archives above 4 GB (zip64) are not read. Throws FILE_UNREADABLE. */
export async function findZipEntry(archive: string, path: string): Promise<ZipEntry | undefined> {
  const file = await open(archive, 'r');
  try {
    return (await readDirectory(file, archive)).find((entry) => entry.path === path);
  } finally {
    await file.close();
  }
}

/** Writes one entry to the new file `target` with `mode`. Throws FILE_UNREADABLE when size or checksum differ. */
export async function extractZipEntry(archive: string, entry: ZipEntry, target: string, mode: number): Promise<void> {
  if (entry.method !== 0 && entry.method !== 8)
    throw invalid(archive, `${entry.path} uses compression method ${String(entry.method)}, only deflate is read`);
  const file = await open(archive, 'r');
  try {
    const header = await readAt(file, entry.headerOffset, LOCAL_HEADER_BYTES);
    if (header.length < LOCAL_HEADER_BYTES || header.readUInt32LE(0) !== LOCAL_HEADER)
      throw invalid(archive, `the header of ${entry.path} is damaged`);
    const start = entry.headerOffset + LOCAL_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
    const source = file.createReadStream({
      start,
      end: start + entry.compressedBytes - 1,
      highWaterMark: 1024 * 1024,
      autoClose: false,
    });
    let checksum = 0;
    let sizeBytes = 0;
    const check = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        checksum = crc32(chunk, checksum);
        sizeBytes += chunk.length;
        done(null, chunk);
      },
    });
    const sink = createWriteStream(target, { mode, flags: 'wx' });
    if (entry.method === 8) await pipeline(source, createInflateRaw({ chunkSize: 1024 * 1024 }), check, sink);
    else await pipeline(source, check, sink);
    if (checksum !== entry.crc32 || sizeBytes !== entry.sizeBytes)
      throw invalid(archive, `${entry.path} does not match its checksum`);
  } finally {
    await file.close();
  }
}
