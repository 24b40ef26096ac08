import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { exitCodes } from '../../src/base/index.ts';
import { Program, type Ended } from './program.ts';
import { inRepository } from './program.ts';
import { criteriaOf, Rehearsal } from './rehearsal.ts';

const LIMIT_MS = 240_000;

let program: Program;
let rehearsal: Rehearsal;
beforeAll(async () => {
  program = await Program.build();
  rehearsal = await Rehearsal.create(program, 'dcs');
}, 120_000);
afterAll(async () => {
  await rehearsal[Symbol.asyncDispose]();
  await program[Symbol.asyncDispose]();
});

const site = inRepository('examples/dcs/site.yaml');

/** A command as a person gives it who lets the program choose its folders. */
function globalctl(...args: string[]): Promise<Ended> {
  return rehearsal.start(args).ended;
}

describe('a rehearsal that stays', { timeout: LIMIT_MS }, () => {
  it('says before it is there how to get one', async () => {
    const { code, stderr } = await globalctl('status', '-f', site, '--rehearsal');
    expect(code).toBe(exitCodes.precondition);
    expect(stderr).toContain(`globalctl rehearse -f ${site} --keep`);
  });

  it('starts nothing for a step that does not exist', async () => {
    const { code, stderr } = await globalctl('rehearse', '-f', site, '--until', 'finish');
    expect(code).toBe(exitCodes.usage);
    expect(stderr).toMatch(/^error STEP_UNKNOWN/);
    expect((await globalctl('lab', 'status', '-f', site)).code).toBe(exitCodes.precondition);
  });

  it('names the folder that it cannot write to', async () => {
    const { code, stderr } = await globalctl('rehearse', '-f', site, '--state-dir', '/dev/null/state');
    expect(code).toBe(exitCodes.precondition);
    expect(stderr).toMatch(/FILE_UNWRITABLE.*\/dev\/null\/state/);
    expect(stderr).toContain('--state-dir');
  });

  it('stops on Ctrl-C, says how to go on, refuses a second run beside the first, and goes on', async () => {
    let isStruck = false;
    let second: Promise<Ended> | undefined;
    const first = rehearsal.start(['rehearse', '-f', site, '--speed', '300', '--keep', '-o', 'json'], {
      onLine: (line) => {
        if (line.type === 'step-started' && line.step === 'providers' && !isStruck) {
          isStruck = true;
          second = globalctl('rehearse', '-f', site);
          void second.then(() => first.kill('SIGINT'));
        }
      },
    });
    const stopped = await first.ended;
    const refused = await second;
    expect(refused?.code).toBe(exitCodes.precondition);
    expect(refused?.stderr).toMatch(/^error LOCK_HELD/);
    expect(stopped.code).toBe(exitCodes.interrupted);
    expect(stopped.stderr).toContain(`go on:        globalctl rehearse -f ${site} --keep`);

    const finished = await globalctl('rehearse', '-f', site, '--keep', '-o', 'json');
    expect(criteriaOf(finished).filter((c) => !c.ok)).toEqual([]);
    for (const command of ['status', 'verify', 'plan'])
      expect(finished.stderr).toContain(`  globalctl ${command} -f ${site} --rehearsal\n`);
  });

  it('is what status, verify and plan look at with --rehearsal', async () => {
    const status = await globalctl('status', '-f', site, '--rehearsal', '-o', 'json');
    const { steps } = JSON.parse(status.stdout) as { steps: { step: string; state: string }[] };
    expect(steps.filter((s) => s.state !== 'finished')).toEqual([]);
    const seen = await globalctl('status', '-f', site, '--rehearsal');
    expect(seen.stdout).toMatch(/Cluster\/global +True +Provisioned/);
    expect(seen.stdout).toMatch(/^Installer: status Success, type Complete/m);

    const verified = await globalctl('verify', '-f', site, '--rehearsal');
    expect(verified).toMatchObject({ code: 0 });
    const plan = await globalctl('plan', '-f', site, '--rehearsal', '-o', 'json');
    const planned = JSON.parse(plan.stdout) as { step: string; probe: { state: string } }[];
    expect(planned.map((s) => s.probe.state)).toEqual(Array.from({ length: 9 }, () => 'done'));

    // Without the flag it is the real host that is looked at, where nothing was installed.
    expect((await globalctl('verify', '-f', site)).code).toBe(exitCodes.verification);
    expect((await globalctl('status', '-f', site, '--state-dir', '/tmp')).code).toBe(exitCodes.usage);
  });

  it('refuses a site that changed after the hand-over, naming what changed and where it belongs now', async () => {
    const changed = join(rehearsal.folder, 'changed.yaml');
    const text = (await readFile(site, 'utf8')).replaceAll('file:secrets', `file:${join(dirname(site), 'secrets')}`);
    const document = parseDocument(text);
    document.addIn(['workers', 0, 'nodes'], { hostname: 'global-worker-9', ip: '10.10.20.29' });
    await writeFile(changed, document.toString());
    const refused = await globalctl('rehearse', '-f', changed, '--keep');
    expect(refused.code, refused.stderr).toBe(exitCodes.precondition);
    expect(refused.stderr).toMatch(/^error APPLY_HANDED_OVER/m);
    expect(refused.stderr).toMatch(/found: +DCSIpHostnamePool/);
    expect(refused.stderr).toContain('MachineDeployment cpaas-system/global-md-0');
    expect(refused.stderr).toMatch(/cure: .*kubectl --kubeconfig .*global\.kubeconfig diff/);
    expect(refused.stderr).not.toContain('what differs is applied now');
    expect((await globalctl('rehearse', '-f', site, '--keep')).code).toBe(0);
  });

  it('is ended by the site file that it rehearses', async () => {
    expect(await globalctl('lab', 'down', '-f', site)).toMatchObject({ code: 0, stderr: 'the lab has been stopped\n' });
    expect((await globalctl('lab', 'status', '-f', site)).code).toBe(exitCodes.precondition);
  });
});
