import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerDr } from '../commands/dr.ts';
import { runCommand } from '../test-app.fixture.ts';

const examples = resolve(import.meta.dirname, '../../../examples');
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-dr-'));
});
afterEach(() => rm(folder, { recursive: true }));

const sides = ['primary.yaml', 'standby.yaml'];
/** Site files of the folder are named by their absolute path: this process stands elsewhere. */
const run = (...args: string[]) =>
  runCommand(registerDr, ['dr', ...args.map((a) => (sides.includes(a) ? join(folder, a) : a))], { cwd: folder });
const init = (provider: string, vip: string, ...more: string[]) =>
  run('init', '-f', join(examples, provider, 'site.yaml'), '--standby-vip', vip, '--folder', folder, ...more);

describe('dr init', () => {
  it.each([
    ['dcs', '10.10.30.10'],
    ['vsphere', '10.30.50.10'],
    ['hcs', '10.50.70.10'],
  ])('makes a pair for %s that dr check proves', async (provider, vip) => {
    expect(await init(provider, vip)).toMatchObject({ exitCode: 0 });
    const checked = await run('check', '-f', 'standby.yaml', '-f', 'primary.yaml', '-o', 'json');
    expect(checked.exitCode).toBe(0);
    expect(JSON.parse(checked.stdout)).toMatchObject({ valid: true, errors: 0 });
  });

  it('makes the shared key with mode 0600 and never prints it', async () => {
    const { stdout, stderr } = await init('dcs', '10.10.30.10');
    const path = join(folder, 'secrets/encryption-key');
    const key = (await readFile(path, 'utf8')).trim();
    expect(Buffer.from(key, 'base64')).toHaveLength(32);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(stdout + stderr).not.toContain(key);
    expect(stdout).toContain('the shared key, mode 0600');
    // Another run makes the files anew and leaves the key, which may be in use.
    expect((await init('dcs', '10.10.31.10', '--force')).exitCode).toBe(0);
    expect((await readFile(path, 'utf8')).trim()).toBe(key);
  });

  it('makes no key where one is referred to', async () => {
    const { stdout } = await init('dcs', '10.10.30.10', '--encryption-key', 'env:SHARED');
    expect(stdout).not.toContain('mode 0600');
    expect(await readFile(join(folder, 'standby.yaml'), 'utf8')).toContain('encryptionKey: env:SHARED');
    const key = Buffer.alloc(32).toString('base64');
    expect(await init('dcs', '10.10.30.10', '--force', '--encryption-key', key)).toMatchObject({ error: 'USAGE' });
  });

  it('overwrites nothing unless told to, and needs the VIP', async () => {
    await writeFile(join(folder, 'standby.yaml'), 'mine\n');
    expect(await init('dcs', '10.10.30.10')).toMatchObject({ error: 'USAGE' });
    expect(await readFile(join(folder, 'standby.yaml'), 'utf8')).toBe('mine\n');
    const withoutVip = await run('init', '-f', join(examples, 'dcs/site.yaml'), '--folder', join(folder, 'other'));
    expect(withoutVip).toMatchObject({ error: 'USAGE' });
    expect(withoutVip.stderr).toContain('dr init needs the VIP of the standby side');
  });

  it('refuses a VIP that is no address before it writes anything', async () => {
    expect((await init('dcs', 'vip')).exitCode).not.toBe(0);
    await expect(stat(join(folder, 'secrets'))).rejects.toThrow();
  });
});

describe('dr check', () => {
  it('says what differs with both places, and lists the ports', async () => {
    await init('dcs', '10.10.30.10');
    const path = join(folder, 'standby.yaml');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('v1.0.18', 'v1.0.17'));
    const { exitCode, stdout } = await run('check', '-f', 'primary.yaml', '-f', 'standby.yaml');
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(
      /standby\.yaml:\d+:\d+: error DR_NOT_EQUAL: versions\.infrastructureProvider differs from \S+primary\.yaml:\d+:\d+/m,
    );
    expect(stdout).toContain('found:    v1.0.17');
    expect(stdout).toMatch(/^primary +standby +10\.10\.30\.10:2379 +etcd/m);
    expect(stdout).toContain('nothing that runs was looked at');
  });

  it('wants one file of each role', async () => {
    await init('dcs', '10.10.30.10');
    expect(await run('check', '-f', 'primary.yaml')).toMatchObject({ error: 'DR_PAIR' });
    expect(await run('check', '-f', 'primary.yaml', '-f', 'primary.yaml')).toMatchObject({ error: 'DR_PAIR' });
    expect(await run('check', '-f', 'primary.yaml', '-f', join(examples, 'dcs/site.yaml'))).toMatchObject({
      error: 'DR_PAIR',
    });
  });

  it('reports a file that does not load as findings', async () => {
    await init('dcs', '10.10.30.10');
    const path = join(folder, 'standby.yaml');
    await writeFile(path, (await readFile(path, 'utf8')).replace('role: standby', 'role: third'));
    const { exitCode, stdout } = await run('check', '-f', 'primary.yaml', '-f', 'standby.yaml', '-o', 'json');
    expect(exitCode).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ valid: false, findings: [{ code: 'SITE_VALUE', path: 'dr.role' }] });
  });
});
