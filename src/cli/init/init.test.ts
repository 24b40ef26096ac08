import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerInit } from '../commands/init.ts';
import { registerValidate } from '../commands/validate.ts';
import { runCommand, type Outcome } from '../test-app.fixture.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-init-'));
});
afterEach(() => rm(folder, { recursive: true }));

function init(args: string[], typed?: string): Promise<Outcome> {
  return runCommand(registerInit, ['init', ...args], { cwd: folder, ...(typed !== undefined && { typed }) });
}

async function codesOf(file: string): Promise<string[]> {
  const { stdout } = await runCommand(registerValidate, ['validate', '-f', join(folder, file), '-o', 'json'], {
    cwd: folder,
  });
  const { findings } = JSON.parse(stdout) as { findings: { code: string; severity: string }[] };
  return findings.map(({ code, severity }) => `${severity} ${code}`);
}

describe('init', () => {
  it.each(['dcs', 'vsphere', 'hcs'])(
    'writes a site of %s that is valid but for the secrets still to be filled in',
    async (provider) => {
      expect(await init(['--provider', provider])).toMatchObject({ exitCode: 0 });
      const codes = await codesOf('site.yaml');
      expect(codes.length).toBeGreaterThan(0);
      expect(new Set(codes)).toEqual(new Set(['warning SECRET_PLACEHOLDER']));
    },
  );

  it('explains every field in the file, and shows those it leaves out with their defaults', async () => {
    await init(['--provider', 'hcs']);
    const text = await readFile(join(folder, 'site.yaml'), 'utf8');
    expect(text).toContain('  # podCIDR: 100.3.0.0/16 # CLUSTER_CIDR');
    expect(text).toContain('  # Address of the control plane endpoint');
    expect(text).toContain('#   nodeAddress: 10.50.60.5:11443');
  });

  it('takes what it would ask from flags, and moves the sample into the network of the VIP', async () => {
    await init([
      '--provider',
      'dcs',
      '--name',
      'prod',
      '--vip',
      '192.168.7.11',
      '--platform-host',
      'p.example.org',
      '-o',
      'a.yaml',
    ]);
    const text = await readFile(join(folder, 'a.yaml'), 'utf8');
    expect(text).toContain('name: prod');
    expect(text).toContain('controlPlaneVIP: 192.168.7.11 ');
    expect(text).toContain('gateway: 192.168.7.1');
    expect(text).toContain('host: p.example.org ');
    expect(await codesOf('a.yaml')).not.toContain('error SITE_ADDRESS_CONFLICT');
  });

  it('asks on a terminal, offers the sample and asks again after an answer that will not do', async () => {
    const { exitCode, stderr } = await init([], 'hcs\nprod\n10.50.60.999\n10.50.60.7\n\n\n');
    expect(exitCode).toBe(0);
    expect(stderr).toContain('expected an IPv4 address');
    const text = await readFile(join(folder, 'site.yaml'), 'utf8');
    expect(text).toContain('hostIP: 10.50.60.7 ');
    expect(text).toContain('controlPlaneVIP: 10.50.60.10 ');
  });

  it('stops when the input ends before the questions do', async () => {
    expect(await init([], 'dcs\n')).toMatchObject({ exitCode: 130, error: 'CANCELLED' });
    await expect(stat(join(folder, 'site.yaml'))).rejects.toThrow();
  });

  it('does not overwrite a file unless told to, and never a secret', async () => {
    await writeFile(join(folder, 'site.yaml'), 'mine');
    expect(await init(['--provider', 'dcs'])).toMatchObject({ exitCode: 2, error: 'USAGE' });
    expect(await readFile(join(folder, 'site.yaml'), 'utf8')).toBe('mine');
    expect(await init(['--provider', 'dcs', '--force'])).toMatchObject({ exitCode: 0 });
    await writeFile(join(folder, 'secrets/admin-password'), 'real');
    await init(['--provider', 'dcs', '--force']);
    expect(await readFile(join(folder, 'secrets/admin-password'), 'utf8')).toBe('real');
  });

  it('keeps secret files to their owner, and makes a real encryption key', async () => {
    await init(['--provider', 'vsphere']);
    const file = join(folder, 'secrets/encryption-key');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(Buffer.from(await readFile(file, 'utf8'), 'base64')).toHaveLength(32);
  });

  it('writes to stdout alone for --output -', async () => {
    const { stdout } = await init(['--provider', 'dcs', '--output', '-']);
    expect(stdout).toContain('apiVersion: globalctl.dev/v1alpha1');
    await expect(stat(join(folder, 'secrets'))).rejects.toThrow();
  });

  it.each([
    [['--provider', 'baremetal']],
    [['--provider', 'dcs', '--vip', '10.0.0.999']],
    [['--provider', 'dcs', '--name', 'Not A Name']],
    [[]],
  ])('refuses %j where nobody can be asked', async (args) => {
    expect(await init(args)).toMatchObject({ exitCode: 2, error: 'USAGE' });
  });
});
