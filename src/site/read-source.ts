import { open, type FileHandle } from 'node:fs/promises';
import { isUtf8 } from 'node:buffer';
import { GlobalctlError } from '../base/index.ts';
import { codeFrame } from './code-frame.ts';

/** A site of 1,000 nodes with every field takes about half a megabyte. */
export const maxSiteBytes = 2 * 1024 * 1024;

/**
 * The text of a site file, without a byte order mark. Throws SITE_UNREADABLE (missing, a folder, no permission), SITE_TOO_LARGE
 * without having read the file, SITE_NOT_UTF8 with the byte at fault, SITE_EMPTY.
 */
export async function readSiteText(file: string): Promise<string> {
  const bytes = await readBytes(file);
  if (!isUtf8(bytes)) throw notUtf8(file, bytes);
  const text = new TextDecoder().decode(bytes);
  if (text.trim() === '') throw new GlobalctlError('SITE_EMPTY', { message: `${file} is empty`, subject: file });
  return text;
}

async function readBytes(file: string): Promise<Buffer> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    const stat = await handle.stat();
    if (stat.isDirectory()) throw unreadable(file, 'it is a folder', 'Name the site file inside it.');
    if (stat.size > maxSiteBytes) throw tooLarge(file, `${(stat.size / 1024 / 1024).toFixed(1)} MiB`);
    return await readUpTo(handle, file);
  } catch (error) {
    if (error instanceof GlobalctlError) throw error;
    throw unreadable(file, reasonOf(error));
  } finally {
    await handle?.close();
  }
}

/** Pipes and devices have no size of their own, so the limit holds while reading too. */
async function readUpTo(handle: FileHandle, file: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(64 * 1024));
    if (bytesRead === 0) return Buffer.concat(chunks);
    total += bytesRead;
    if (total > maxSiteBytes) throw tooLarge(file, 'more than that');
    chunks.push(buffer.subarray(0, bytesRead));
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'ENOTDIR') return 'a part of the path is not a folder';
  if (code === 'EACCES' || code === 'EPERM') return 'no permission';
  if (code === 'EISDIR') return 'it is a folder';
  return error instanceof Error ? error.message : String(error);
}

function unreadable(file: string, reason: string, hint?: string): GlobalctlError {
  return new GlobalctlError('SITE_UNREADABLE', { message: `cannot read ${file}: ${reason}`, subject: file, hint });
}

function tooLarge(file: string, found: string): GlobalctlError {
  return new GlobalctlError('SITE_TOO_LARGE', {
    message: `${file} is too large for a site file`,
    subject: file,
    expected: 'at most 2 MiB',
    found,
  });
}

function notUtf8(file: string, bytes: Buffer): GlobalctlError {
  const offset = firstInvalidByte(bytes);
  const before = bytes.subarray(0, offset).toString('utf8').split(/\r?\n/);
  const place = { file, line: before.length, column: (before.at(-1) ?? '').length + 1 };
  const byte = (bytes[offset] ?? 0).toString(16).padStart(2, '0');
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  return new GlobalctlError('SITE_NOT_UTF8', {
    message: `${file} is not UTF-8: byte 0x${byte} at offset ${String(offset)}`,
    subject: file,
    expected: 'UTF-8 text',
    found: utf16 ? 'UTF-16 text' : `byte 0x${byte}`,
    place,
    snippet: codeFrame({ lines: bytes.toString('utf8').split(/\r?\n/), place }),
    hint: utf16 ? `Convert it: iconv -f UTF-16 -t UTF-8 ${file}` : undefined,
  });
}

/** Offset of the first byte that no UTF-8 sequence can hold at its place. */
function firstInvalidByte(bytes: Buffer): number {
  const text = bytes.toString('utf8');
  for (let at = text.indexOf('\ufffd'); at !== -1; at = text.indexOf('\ufffd', at + 1)) {
    const offset = Buffer.byteLength(text.slice(0, at));
    // The replacement character may stand in the file itself, as ef bf bd.
    if (!(bytes[offset] === 0xef && bytes[offset + 1] === 0xbf && bytes[offset + 2] === 0xbd)) return offset;
  }
  return 0;
}
