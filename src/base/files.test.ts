import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolders, pathExists, writeFileAtomic } from './files.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-files-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('Folders for a file', () => {
  it('are made as far as they are missing, by many at once, too', async () => {
    const path = join(folder, 'a/b/c');
    const beside = Array.from({ length: 100 }, (_, i) => makeFolders(join(path, String(i % 10), String(i))));
    await Promise.all([...beside, makeFolders(path)]);
    await makeFolders(path);
    expect(await pathExists(join(path, '9/99'))).toBe(true);
    await writeFileAtomic(join(folder, 'd/e/file'), 'text');
    expect(await readFile(join(folder, 'd/e/file'), 'utf8')).toBe('text');
  });

  it('are refused below a file, and where the system has no room for them, rather than tried for ever', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(makeFolders(join(folder, 'file/a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(makeFolders(join(folder, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeFolders('/proc/globalctl/a')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(writeFileAtomic('/proc/globalctl/a/file', '')).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
  });
});
