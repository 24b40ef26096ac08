import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Header } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unpackArchive } from './unpack.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-unpack-'));
});
afterEach(() => rm(folder, { recursive: true }));
const { signal } = new AbortController();

async function archive(
  entries: readonly (Partial<Header> & { name: string; content?: string })[],
  gzip = false,
): Promise<string> {
  const tar = pack();
  for (const { content = '', ...header } of entries) tar.entry(header, content);
  tar.finalize();
  const path = join(folder, 'package.tar');
  await (gzip ? pipeline(tar, createGzip(), createWriteStream(path)) : pipeline(tar, createWriteStream(path)));
  return path;
}

describe('unpacking a package', () => {
  it.each([false, true])('keeps contents and modes (gzip: %s)', async (gzip) => {
    const path = await archive([{ name: 'installer/setup.sh', mode: 0o755, content: 'echo hi' }], gzip);
    await unpackArchive(path, join(folder, 'out'), { signal });
    expect(await readFile(join(folder, 'out/installer/setup.sh'), 'utf8')).toBe('echo hi');
    expect((await stat(join(folder, 'out/installer/setup.sh'))).mode & 0o777).toBe(0o755);
  });

  it('refuses an entry that leads out of the folder', async () => {
    const path = await archive([{ name: '../escaped', content: 'x' }]);
    await expect(unpackArchive(path, join(folder, 'out'), { signal })).rejects.toMatchObject({
      code: 'PACKAGE_UNREADABLE',
    });
    await writeFile(join(folder, 'escaped'), '', { flag: 'wx' });
  });

  it('refuses a link that leads out of the folder', async () => {
    const path = await archive([{ name: 'installer/link', type: 'symlink', linkname: '../../etc' }]);
    await expect(unpackArchive(path, join(folder, 'out'), { signal })).rejects.toMatchObject({
      code: 'PACKAGE_UNREADABLE',
    });
  });

  it('says that a truncated archive is damaged', async () => {
    const path = await archive([{ name: 'a', content: 'x'.repeat(5000) }], true);
    await writeFile(path, (await readFile(path)).subarray(0, 40));
    await expect(unpackArchive(path, join(folder, 'out'), { signal })).rejects.toMatchObject({
      code: 'PACKAGE_UNREADABLE',
    });
  });
});
