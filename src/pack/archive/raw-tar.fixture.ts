import { TAR_END, tarHeader, tarPadding } from './tar-writer.ts';

/** An entry as no well-meaning tar writes it. */
export interface RawEntry {
  readonly path: string;
  readonly content?: Uint8Array | string;
  /** Type flag of POSIX ustar; `0`, a regular file, when not given. */
  readonly type?: string;
  readonly linkTarget?: string;
  /** The size that the header states, when it is not that of the content. */
  readonly statedSize?: number;
}

/** The bytes of entries, with checksums that fit, without the end mark. */
export function rawEntries(entries: readonly RawEntry[]): Buffer {
  return Buffer.concat(
    entries.flatMap(({ path, content = '', type = '0', linkTarget = '', statedSize }) => {
      const bytes = Buffer.from(content);
      const header = tarHeader(path, statedSize ?? bytes.length);
      header.write(type, 156, 'latin1');
      header.write(linkTarget, 157, 100, 'utf8');
      return [sealed(header), bytes, tarPadding(bytes.length)];
    }),
  );
}

export function rawTar(entries: readonly RawEntry[]): Buffer {
  return Buffer.concat([rawEntries(entries), TAR_END]);
}

/** A record of POSIX pax that stands before an entry: `LENGTH KEY=VALUE\n`, the length counting itself. */
export function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length += 1;
  return `${String(length)} ${key}=${value}\n`;
}

/** Puts the checksum of a header right again. */
export function sealed(header: Buffer): Buffer {
  header.write('        ', 148, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}
