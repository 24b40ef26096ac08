import { packageInvalid } from '../invalid.ts';
import { ByteReader, type ByteSource } from './byte-reader.ts';
import { giveBack, READ_BYTES } from './read-buffers.ts';

/** A regular file or a link of a tar. */
export interface TarEntry {
  /** Relative, with `/`, without `.` and `..` parts. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Of a link: what it points at, as the tar writes it, and how. */
  readonly link: { readonly kind: 'hard' | 'symbolic'; readonly target: string } | undefined;
  /** To be read at most once, before the next entry is asked for; what is left unread is passed over. */
  readonly content: AsyncIterable<Uint8Array>;
}

const BLOCK = 512;
const MOST_ENTRIES = 100_000;
const LONGEST_PATH_BYTES = 4096;
/** Of a pax or GNU record before an entry: names and attributes. */
const LONGEST_RECORD_BYTES = 1024 * 1024;

/** What the records before an entry say of it. */
interface Overrides {
  path?: string;
  target?: string;
  sizeBytes?: number;
}

/**
 * The files and links of a tar (POSIX ustar and pax, GNU, v7), in order, in flat memory. Folders are passed over. Throws
 * PACKAGE_INVALID for what has no place in a package: paths that lead out of it, devices, sparse files, a tar that is damaged
 * or ends without its end mark. `where` names the archive in errors.
 */
export async function* readTar(source: ByteSource, where: string): AsyncGenerator<TarEntry, void, void> {
  const input = new ByteReader(source);
  let overrides: Overrides = {};
  for (let count = 0; ; count++) {
    const header = await input.readFully(BLOCK);
    if (header.length < BLOCK) throw cutShort(where);
    if (header[0] === 0 && header.every((byte) => byte === 0)) break;
    if (count > MOST_ENTRIES) throw packageInvalid(where, `it holds more than ${String(MOST_ENTRIES)} entries`);
    if (!checksumFits(header))
      throw packageInvalid(where, 'the archive is damaged: the checksum of a tar header is wrong');
    const type = String.fromCharCode(header[156] ?? 0);
    const statedSize = numberAt(header, 124, 12, where);
    if ('xgLK'.includes(type)) {
      if (statedSize > LONGEST_RECORD_BYTES)
        throw packageInvalid(where, 'a name or its attributes take more than 1 MiB', {
          found: `${String(statedSize)} bytes`,
        });
      const record = await input.readFully(statedSize);
      if (record.length < statedSize || !(await input.skip(padding(statedSize)))) throw cutShort(where);
      if (type === 'x') Object.assign(overrides, paxOverrides(record, where));
      else if (type === 'L') overrides.path = textAt(record, 0, record.length);
      else if (type === 'K') overrides.target = textAt(record, 0, record.length);
      continue;
    }
    const path = checkPath(overrides.path ?? pathOf(header), where);
    const link = linkOf(type, overrides.target ?? textAt(header, 157, 100));
    const isFolder = type === '5' || ('0\0'.includes(type) && path.endsWith('/'));
    const sizeBytes = link || isFolder ? 0 : (overrides.sizeBytes ?? statedSize);
    overrides = {};
    giveBack(header);
    if (!link && !isFolder && !'0\x007'.includes(type))
      throw packageInvalid(where, `${quoted(path)} ${describeType(type)}`);
    let left = sizeBytes;
    const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
      if (left === 0) return { done: true, value: undefined };
      const chunk = await input.read(Math.min(left, READ_BYTES));
      if (chunk.length === 0) throw cutShort(where);
      left -= chunk.length;
      return { done: false, value: chunk };
    };
    if (!isFolder) yield { path, sizeBytes, link, content: { [Symbol.asyncIterator]: () => ({ next }) } };
    if (!(await input.skip(left + padding(sizeBytes)))) throw cutShort(where);
  }
  // What follows stands for nothing; a compressed stream tells at its end whether all of it was sound.
  while ((await input.read(READ_BYTES)).length > 0);
}

function cutShort(where: string): Error {
  return packageInvalid(where, 'the archive is damaged or cut short: it ends in the middle');
}

function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  const field = Buffer.from(bytes.buffer, bytes.byteOffset + at, length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}

function pathOf(header: Uint8Array): string {
  const name = textAt(header, 0, 100);
  // GNU's older format has other fields where POSIX has the prefix.
  const prefix = textAt(header, 257, 6) === 'ustar' ? textAt(header, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Octal text, or GNU's base-256 for what does not fit. */
function numberAt(header: Uint8Array, at: number, length: number, where: string): number {
  const first = header[at] ?? 0;
  let value: number;
  if (first & 0x80) {
    value = first & 0x7f;
    for (let index = at + 1; index < at + length; index++) value = value * 256 + (header[index] ?? 0);
  } else {
    const text = textAt(header, at, length).trim();
    value = /^[0-7]*$/.test(text) ? Number.parseInt(text || '0', 8) : Number.NaN;
  }
  if (!Number.isSafeInteger(value)) throw packageInvalid(where, 'the archive is damaged: a size is not a number');
  return value;
}

/** The sum of all bytes with the sum's own field as spaces; some old writers took bytes as signed. */
function checksumFits(header: Uint8Array): boolean {
  const stated = Number.parseInt(textAt(header, 148, 8).trim(), 8);
  let unsigned = 8 * 0x20;
  let signed = 8 * 0x20;
  for (let index = 0; index < BLOCK; index++) {
    if (index === 148) index = 156;
    const byte = header[index] ?? 0;
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  return stated === unsigned || stated === signed;
}

/** Records of POSIX pax: `LENGTH KEY=VALUE\n`. */
function paxOverrides(record: Uint8Array, where: string): Overrides {
  const found: Overrides = {};
  const bytes = Buffer.from(record);
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString('latin1', at, Math.max(space, at)));
    const equals = bytes.indexOf(0x3d, space);
    if (space < 0 || !Number.isSafeInteger(length) || length < 5 || equals < 0 || at + length > bytes.length)
      throw packageInvalid(where, 'the archive is damaged: a pax record cannot be read');
    const key = bytes.toString('utf8', space + 1, equals);
    const value = bytes.toString('utf8', equals + 1, at + length - 1);
    if (key === 'path') found.path = value;
    else if (key === 'linkpath') found.target = value;
    else if (key === 'size') {
      const size = /^\d+$/.test(value) ? Number(value) : Number.NaN;
      if (!Number.isSafeInteger(size)) throw packageInvalid(where, 'the archive is damaged: a size is not a number');
      found.sizeBytes = size;
    } else if (key.startsWith('GNU.sparse.')) throw packageInvalid(where, 'it holds a sparse file');
    at += length;
  }
  return found;
}

function checkPath(path: string, where: string): string {
  const fault =
    path === ''
      ? 'has no name'
      : path.includes('\0')
        ? 'has a NUL in its name'
        : Buffer.byteLength(path) > LONGEST_PATH_BYTES
          ? 'has a name of more than 4096 bytes'
          : path.startsWith('/')
            ? 'has an absolute path'
            : path.split('/').includes('..')
              ? 'leads out of the archive'
              : undefined;
  if (fault !== undefined) throw packageInvalid(where, `an entry ${fault}`, { found: quoted(path) });
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.join('/') + (path.endsWith('/') ? '/' : '');
}

function linkOf(type: string, target: string): TarEntry['link'] {
  if (type === '1') return { kind: 'hard', target };
  return type === '2' ? { kind: 'symbolic', target } : undefined;
}

function describeType(type: string): string {
  if (type === '3' || type === '4') return 'is a device; a package holds files only';
  if (type === '6') return 'is a named pipe; a package holds files only';
  if (type === 'S') return 'is a sparse file; a package holds whole files only';
  return `is an entry of the unknown type ${quoted(type)}`;
}

/** A name from an archive as it may be printed: control characters escaped, cut when long. */
export function quoted(name: string): string {
  const text = JSON.stringify(name.length > 120 ? `${name.slice(0, 117)}...` : name);
  // JSON leaves DEL and the C1 controls as they are.
  return text.replaceAll(/[\x7f-\x9f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
