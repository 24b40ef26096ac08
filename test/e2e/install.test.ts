import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '../../src/base/index.ts';
import { prepareHost } from './host.ts';
import { brokenRules, recordsOf } from './journal-rules.ts';
import { Program, type Ended } from './program.ts';

const LIMIT_MS = 240_000;

let program: Program;
let folder: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  program = await Program.build();
  folder = await mkdtemp(join(tmpdir(), 'globalctl-install-'));
  const home = join(folder, 'home');
  env = { PATH: process.env['PATH'], HOME: home, NO_COLOR: '1', GLOBALCTL_LAB: join(folder, 'lab') };
  await prepareHost('hcs', { folder, globalctl });
}, LIMIT_MS);
afterAll(async () => {
  await globalctl('lab', 'down');
  await rm(folder, { recursive: true, force: true });
  await program[Symbol.asyncDispose]();
});

function globalctl(...args: string[]): Promise<Ended> {
  return program.start(args, { env, cwd: folder }).ended;
}

const journal = async (): Promise<ReturnType<typeof recordsOf>> =>
  recordsOf(await readFile(join(folder, 'host/var/cpaas/globalctl/global-hcs/journal.jsonl'), 'utf8'));

describe('install', { timeout: LIMIT_MS }, () => {
  it('touches nothing when there is nobody to ask', async () => {
    const { code, stderr } = await globalctl('install', '-f', 'site.yaml');
    expect([code, stderr]).toEqual([exitCodes.usage, expect.stringContaining('--yes')]);
    await expect(journal()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('stops after the step it is told, and plan says what is done and what is not', async () => {
    expect(await globalctl('install', '-f', 'site.yaml', '--yes', '--until', 'providers')).toMatchObject({ code: 0 });
    const { stdout } = await globalctl('plan', '-f', 'site.yaml', '-o', 'json');
    const plans = JSON.parse(stdout) as { step: string; probe: { state: string }; changes: { subject: string }[] }[];
    expect(plans.map((p) => `${p.step} ${p.probe.state}`).slice(0, 5)).toEqual([
      'prepare done',
      'bootstrap done',
      'providers done',
      'manifest absent',
      'apply absent',
    ]);
    expect(plans.find((p) => p.step === 'apply')?.changes.map((c) => c.subject)).toContain(
      'Cluster cpaas-system/global',
    );
  });

  it('goes on after a kill in every further step, and ends verified with no effect done twice', async () => {
    for (const step of ['manifest', 'apply', 'control-plane', 'import', 'installer', 'monitor']) {
      const running = program.start(['install', '-f', 'site.yaml', '--yes', '-o', 'json'], {
        env,
        cwd: folder,
        onLine: (line) => {
          if (line.includes('"step-started"') && line.includes(`"${step}"`)) running.kill('SIGKILL');
        },
      });
      expect((await running.ended).code, step).toBeNull();
    }
    const last = await globalctl('install', '-f', 'site.yaml', '--yes');
    expect(last.code, last.stderr).toBe(0);
    expect(last.stdout).not.toMatch(/ NO /);
    expect(last.stdout.split('\n')).toHaveLength(7);
    expect(brokenRules(await journal())).toEqual([]);
  });

  it('has nothing left to do when it is run again, and verify agrees', async () => {
    const before = (await journal()).filter((r) => r.type === 'effect-done').length;
    expect(await globalctl('install', '-f', 'site.yaml', '--yes', '--from', 'apply')).toMatchObject({ code: 0 });
    expect((await journal()).filter((r) => r.type === 'effect-done')).toHaveLength(before);
    expect(await globalctl('verify', '-f', 'site.yaml')).toMatchObject({ code: 0 });
  });
});
