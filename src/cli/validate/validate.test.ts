import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerValidate } from '../commands/validate.ts';
import { runCommand, type Outcome } from '../test-app.fixture.ts';

const root = join(import.meta.dirname, '../../..');

interface Answer {
  readonly valid: boolean;
  readonly errors: number;
  readonly findings: readonly {
    code: string;
    severity: string;
    path: string;
    place?: { file: string; line: number };
    hint: string;
    snippet?: string;
  }[];
}

function validate(file: string, ...more: string[]): Promise<Outcome> {
  return runCommand(registerValidate, ['validate', '-f', file, ...more], { cwd: root });
}

describe('validate', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'globalctl-validate-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** The DCS example with one place changed, its secrets taken from the environment of the test. */
  async function changed(from: string, to: string): Promise<string> {
    const text = await readFile(join(root, 'examples/dcs/site.yaml'), 'utf8');
    if (!text.includes(from)) throw new TypeError(`the example has no ${from}`);
    const file = join(folder, 'site.yaml');
    await writeFile(file, text.replace(from, to).replaceAll('file:secrets', `file:${root}/examples/dcs/secrets`));
    return file;
  }

  async function answerFor(from: string, to: string): Promise<{ answer: Answer; exitCode: number }> {
    const { stdout, exitCode } = await validate(await changed(from, to), '-o', 'json');
    return { answer: JSON.parse(stdout) as Answer, exitCode };
  }

  it.each(['dcs', 'vsphere', 'hcs'])('finds nothing in the example of %s', async (provider) => {
    const { stdout, exitCode } = await validate(join(root, `examples/${provider}/site.yaml`));
    expect(exitCode).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(stdout).toContain(`is valid: provider ${provider}, 3 control plane nodes, 2 workers`);
  });

  it.each([
    ['overlapping networks', 'network:\n', 'network:\n  podCIDR: 100.4.0.0/16\n', 'SITE_CIDR_OVERLAP'],
    ['a VIP among the node addresses', 'VIP: 10.10.20.10', 'VIP: 10.10.20.12', 'SITE_ADDRESS_CONFLICT'],
    ['a pool that is too small', '  replicas: 3', '  replicas: 5', 'SITE_NODES_TOO_FEW'],
    ['a version without its v', 'kubernetes: v1.33.7-2', 'kubernetes: 1.33.7-2', 'SITE_VERSION_PREFIX'],
    [
      'a registry address with a path',
      'bootstrap:\n',
      'bootstrap:\n  registry: { nodeAddress: "10.10.20.5:11443/v2/" }\n',
      'SITE_REGISTRY_ADDRESS',
    ],
    ['an unreadable secret', 'file:secrets/admin-password', 'env:NO_SUCH_VARIABLE', 'SECRET_UNREADABLE'],
    ['a misspelled field', 'controlPlaneVIP', 'controlPlaneVip', 'SITE_UNKNOWN_FIELD'],
    ['bare metal', 'provider: dcs', 'provider: baremetal', 'SITE_PROVIDER_PLANNED'],
  ])('refuses %s with its code, place and cure', async (_what, from, to, code) => {
    const { answer, exitCode } = await answerFor(from, to);
    expect(exitCode).toBe(3);
    expect(answer.valid).toBe(false);
    const finding = answer.findings.find((found) => found.code === code);
    expect(finding).toMatchObject({ severity: 'error', place: { file: join(folder, 'site.yaml') } });
    expect(finding?.hint).not.toBe('');
    expect(finding?.snippet).toContain('^');
  });

  it('prints each finding with its place, the lines around it and its cure', async () => {
    const { stdout } = await validate(await changed('gateway: 10.10.20.1', 'gateway: 10.10.21.1'));
    expect(stdout).toMatch(/site\.yaml:\d+:14: error SITE_ADDRESS_OUTSIDE: network\.nodes\.gateway lies outside/);
    expect(stdout).toContain('gateway: 10.10.21.1\n');
    expect(stdout).toMatch(/\^{10}\n/);
    expect(stdout).toContain('expected: an address of 10.10.20.0/24');
    expect(stdout).toContain('cure:');
    expect(stdout).toMatch(/: 1 error\n$/);
  });

  it('reads a base manifest that is missing as a fault of the manifest', async () => {
    const { answer, exitCode } = await answerFor('provider: dcs\n', 'provider: dcs\nmanifest: { base: absent.yaml }\n');
    expect(answer.errors).toBe(1);
    expect(exitCode).not.toBe(0);
  });

  it('reports a file that is not there without a stack trace', async () => {
    const { stdout, stderr, exitCode } = await validate(join(folder, 'absent.yaml'));
    expect(exitCode).toBe(3);
    expect(stdout).toContain('SITE_UNREADABLE');
    expect(stdout + stderr).not.toMatch(/\n\s+at /);
  });

  it('shows no secret in what it prints', async () => {
    const { stdout } = await validate(await changed('file:secrets/dcs-password', 'hunter2-secret'));
    expect(stdout).toContain('SECRET_PLAIN');
    expect(stdout).not.toContain('hunter2');
  });

  it('explains with --verbose what rendering decided', async () => {
    expect((await validate(join(root, 'examples/hcs/site.yaml'), '-v')).stdout).toContain('note Bootstrap format:');
  });
});
