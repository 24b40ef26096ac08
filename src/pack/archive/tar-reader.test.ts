import { execFileSync } from 'node:child_process';
import { mkdtemp, mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesSource } from './byte-reader.ts';
import { paxRecord, rawEntries, rawTar, sealed, type RawEntry } from './raw-tar.fixture.ts';
import { readTar } from './tar-reader.ts';
import { TAR_END, tarHeader, tarOf } from './tar-writer.ts';

async function entriesOf(tar: Uint8Array): Promise<{ path: string; content: string; link?: string }[]> {
  const found = [];
  for await (const { path, content, link } of readTar(bytesSource(tar), 'a.tar')) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk);
    found.push({ path, content: Buffer.concat(chunks).toString(), ...(link && { link: link.target }) });
  }
  return found;
}

/** What is wrong with a tar: message and what was found. */
async function faultOf(tar: Uint8Array): Promise<string> {
  try {
    return `no fault: ${JSON.stringify(await entriesOf(tar))}`;
  } catch (error) {
    const { code, message, details } = error as { code?: string; message: string; details?: { found?: string } };
    return `${String(code)} ${message} ${details?.found ?? ''}`;
  }
}

const file = { path: 'a/file', content: 'content' };

describe('readTar', () => {
  it('reads files of POSIX, GNU and the oldest form, and passes over folders', async () => {
    const oldest = tarHeader('old', 0);
    oldest.fill(0, 257, 265);
    const gnu = rawEntries([{ path: 'gnu', content: 'x' }]);
    gnu.write('ustar  \0', 257, 'latin1');
    // Times of GNU's older form, which must not be taken for the beginning of a path.
    gnu.write('14217460743', 345, 'latin1');
    sealed(gnu.subarray(0, 512));
    const posix = rawEntries([file, { path: 'folder/', type: '5' }]);
    expect(await entriesOf(Buffer.concat([posix, sealed(oldest), gnu, TAR_END]))).toEqual([
      file,
      { path: 'old', content: '' },
      { path: 'gnu', content: 'x' },
    ]);
  });

  it('takes names, targets and sizes from pax and GNU records', async () => {
    const long = `${'folder/'.repeat(40)}file`;
    const pax = { path: 'PaxHeaders/x', type: 'x', content: paxRecord('path', long) + paxRecord('size', '3') };
    expect(
      await entriesOf(
        rawTar([
          pax,
          { path: 'cut', content: 'abc', statedSize: 0 },
          { path: 'global', type: 'g', content: paxRecord('comment', 'x') },
          { path: '././@LongLink', type: 'L', content: `${long}2\0` },
          { path: 'cut', content: 'y' },
          { path: '././@LongLink', type: 'K', content: `../${long}\0` },
          { path: 'link', type: '2', linkTarget: 'cut' },
        ]),
      ),
    ).toEqual([
      { path: long, content: 'abc' },
      { path: `${long}2`, content: 'y' },
      { path: 'link', content: '', link: `../${long}` },
    ]);
  });

  it('reads sizes beyond 8 GiB, which GNU writes in base 256', async () => {
    const header = tarHeader('big', 8 ** 11 + 5);
    const reading = readTar(bytesSource(Buffer.concat([header, Buffer.alloc(512)])), 'a.tar');
    const { value } = await reading.next();
    expect(value).toMatchObject({ path: 'big', sizeBytes: 8 ** 11 + 5 });
  });

  const refused: readonly [string, readonly RawEntry[], string][] = [
    ['a path that leads out', [{ path: '../etc/passwd' }], 'leads out of the archive "../etc/passwd"'],
    ['a path that leads out in its middle', [{ path: 'a/../../b' }], 'leads out of the archive'],
    ['an absolute path', [{ path: '/etc/passwd' }], 'has an absolute path "/etc/passwd"'],
    ['an entry without a name', [{ path: '' }], 'has no name'],
    [
      'a NUL in a name',
      [{ path: 'x', type: 'x', content: paxRecord('path', 'index.json\0.txt') }, { path: 'y' }],
      String.raw`has a NUL in its name "index.json\u0000.txt"`,
    ],
    [
      'a name of more than 4096 bytes',
      [{ path: 'x', type: 'L', content: 'x'.repeat(5000) }, { path: 'y' }],
      'has a name of more than 4096 bytes',
    ],
    ['a record of more than 1 MiB', [{ path: 'x', type: 'x', content: '', statedSize: 2 ** 30 }], 'more than 1 MiB'],
    ['a character device', [{ path: 'dev/null', type: '3' }], '"dev/null" is a device'],
    ['a block device', [{ path: 'dev/sda', type: '4' }], '"dev/sda" is a device'],
    ['a named pipe', [{ path: 'pipe', type: '6' }], '"pipe" is a named pipe'],
    ['a sparse file of GNU', [{ path: 'sparse', type: 'S' }], '"sparse" is a sparse file'],
    [
      'a sparse file of pax',
      [{ path: 'x', type: 'x', content: paxRecord('GNU.sparse.major', '1') }, { path: 'y' }],
      'holds a sparse file',
    ],
    ['an unknown type', [{ path: 'odd', type: 'Z' }], 'is an entry of the unknown type "Z"'],
    [
      'a pax record that cannot be read',
      [{ path: 'x', type: 'x', content: '99999 path=x\n' }, { path: 'y' }],
      'a pax record cannot be read',
    ],
    [
      'a size in pax that is none',
      [{ path: 'x', type: 'x', content: paxRecord('size', '-1') }, { path: 'y' }],
      'a size is not a number',
    ],
  ];
  it.each(refused)('refuses %s', async (_what, entries, fault) => {
    const found = await faultOf(rawTar(entries));
    expect(found).toContain('PACKAGE_INVALID a.tar: ');
    expect(found).toContain(fault);
  });

  it('refuses a header whose checksum does not fit, and a size that is no number', async () => {
    const tar = rawTar([file]);
    tar[0] = 0x62;
    expect(await faultOf(tar)).toContain('the checksum of a tar header is wrong');
    const odd = tarHeader('odd', 0);
    odd.write('12x4', 124, 'latin1');
    expect(await faultOf(Buffer.concat([sealed(odd), TAR_END]))).toContain('a size is not a number');
    const negative = tarHeader('odd', 0);
    negative.fill(0xff, 124, 136);
    expect(await faultOf(Buffer.concat([sealed(negative), TAR_END]))).toContain('a size is not a number');
  });

  it('notices wherever it is cut short, also between two entries', async () => {
    const whole = rawTar([
      file,
      { path: 'x', type: 'L', content: 'other\0' },
      { path: 'b', content: 'b'.repeat(1300) },
    ]);
    for (let length = 0; length < whole.length - TAR_END.length; length += 128)
      expect(await faultOf(whole.subarray(0, length)), String(length)).toMatch(/^PACKAGE_INVALID .* cut short/);
    expect(await entriesOf(whole)).toHaveLength(2);
  });

  it('refuses an archive of very many entries', async () => {
    const entry = rawEntries([{ path: 'x' }]);
    expect(await faultOf(Buffer.alloc(100_002 * 512, entry))).toContain('more than 100000 entries');
  });

  it('passes over what is left unread of an entry', async () => {
    const paths: string[] = [];
    const tar = await tarOf([
      { path: 'one', content: 'x'.repeat(5000) },
      { path: 'two', content: 'y' },
    ]);
    for await (const { path } of readTar(bytesSource(tar), 'a.tar')) paths.push(path);
    expect(paths).toEqual(['one', 'two']);
  });
});

describe('a tar that the tar program wrote', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'globalctl-tar-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it.each(['v7', 'oldgnu', 'gnu', 'ustar', 'posix'])('is read in the form %s', async (format) => {
    await mkdir(join(folder, 'in/sub'), { recursive: true });
    await writeFile(join(folder, 'in/sub/file'), 'content');
    const long = 'l'.repeat(format === 'v7' ? 80 : format === 'ustar' ? 98 : 180);
    await writeFile(join(folder, 'in', long), 'long');
    await symlink('sub/file', join(folder, 'in/link'));
    const tar = execFileSync('tar', ['-c', `--format=${format}`, '--sort=name', '-C', join(folder, 'in'), '.']);
    expect((await entriesOf(tar)).sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
      { path: 'link', content: '', link: 'sub/file' },
      { path: long, content: 'long' },
      { path: 'sub/file', content: 'content' },
    ]);
  });

  it('is refused when it holds a sparse file, whose content stands elsewhere in it', async () => {
    await writeFile(join(folder, 'sparse'), 'x');
    await truncate(join(folder, 'sparse'), 50_000_000);
    const tar = execFileSync('tar', ['-c', '--sparse', '--format=posix', '-C', folder, 'sparse']);
    expect(await faultOf(tar)).toContain('sparse file');
  });
});
