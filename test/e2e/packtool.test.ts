import { chmod, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { exitCodes, startTicksOf } from '../../src/base/index.ts';

import { prepareHost } from './host.ts';
import { Program, type Ended } from './program.ts';

const LIMIT_MS = 240_000;

let program: Program;
let folder: string;
let env: NodeJS.ProcessEnv;
let packtool: string;
beforeAll(async () => {
  program = await Program.build();
  folder = await mkdtemp(join(tmpdir(), 'globalctl-packtool-'));
  env = { PATH: process.env['PATH'], HOME: join(folder, 'home'), NO_COLOR: '1', GLOBALCTL_LAB: join(folder, 'lab') };
  await prepareHost('dcs', { folder, globalctl });
  const { code, stderr } = await globalctl('install', '-f', 'site.yaml', '--yes', '--until', 'bootstrap');
  expect(code, stderr).toBe(0);
  packtool = join(folder, 'host/root/cpaas-install/installer/res/amd64/packtool');
  await rename(packtool, `${packtool}.own`);
}, LIMIT_MS);
afterAll(async () => {
  await globalctl('lab', 'down');
  await rm(folder, { recursive: true, force: true });
  await program[Symbol.asyncDispose]();
});
afterEach(() => rm(packtool, { force: true }));

const install = ['install', '-f', 'site.yaml', '--yes', '--until', 'providers', '-o', 'json'];

function globalctl(...args: string[]): Promise<Ended> {
  return program.start(args, { env, cwd: folder }).ended;
}

/** Puts a script in the place of the operator's packtool; `$own` is the one that the Core Package brought. */
async function replacePacktool(script: string): Promise<void> {
  await writeFile(packtool, `#!/bin/sh\nown="$0.own"\n${script}\n`);
  await chmod(packtool, 0o755);
}

/** Lines that packtool printed, as the event stream tells them. */
function printed({ stdout }: Ended): string[] {
  return stdout.split('\n').flatMap((line) => {
    const event = (line === '' ? {} : JSON.parse(line)) as { type?: string; line?: string };
    return event.type === 'output' ? [event.line ?? ''] : [];
  });
}

describe("the operator's own packtool", { timeout: LIMIT_MS }, () => {
  it("gets the guide's words, is heard line by line, and ends the installation with the class of package failures", async () => {
    await replacePacktool('echo "packtool $*"; echo "unknown blob in layer 3" >&2; exit 3');
    const ended = await globalctl(...install);
    expect(ended.code).toBe(exitCodes.package);
    const [words, reason] = printed(ended);
    expect(words).toMatch(/^packtool pack push -r 127\.0\.0\.1:11443 -c \/.*\.tgz$/);
    expect(reason).toBe('unknown blob in layer 3');
    expect(ended.stdout).toContain('"PACKAGE_PUSH_FAILED"');
    expect(ended.stdout).toMatch(/exit code 3/);
  });

  it('is named when it is missing', async () => {
    const ended = await globalctl(...install);
    expect(ended.code).toBe(exitCodes.precondition);
    expect(ended.stdout).toContain('"COMMAND_NOT_FOUND"');
  });

  it('is ended with the installation, also when it does not listen to being asked', async () => {
    // A child that would outlive it, which the signal to the whole group has to reach.
    await replacePacktool(`trap '' INT TERM; sleep 300 & echo "pids $$ $!"; while :; do wait; done`);
    let pids: number[] = [];
    const running = program.start(install, {
      env,
      cwd: folder,
      onLine: (line) => {
        const match = /"pids (\d+) (\d+)"/.exec(line);
        if (!match) return;
        pids = [Number(match[1]), Number(match[2])];
        running.kill('SIGINT');
      },
    });
    const ended = await running.ended;
    expect(ended.code).toBe(exitCodes.interrupted);
    expect(pids).toHaveLength(2);
    // Killed; the kernel may take a moment.
    for (const pid of pids)
      while ((await startTicksOf(pid)) !== undefined) await new Promise((resolve) => setImmediate(resolve));
  });

  it('is not even started for a package of another architecture', async () => {
    await replacePacktool('echo started');
    const file = join(folder, 'site.yaml');
    const text = await readFile(file, 'utf8');
    const site = parseDocument(text);
    const path = String(site.getIn(['packages', 'infrastructureProvider']));
    const other = path.replace('.amd64.', '.arm64.');
    expect(other).not.toBe(path);
    await rename(join(folder, path), join(folder, other)).catch(() => rename(path, other));
    try {
      site.setIn(['packages', 'infrastructureProvider'], other);
      await writeFile(file, site.toString());
      const late = await globalctl(...install, '--from', 'providers');
      expect([late.code, printed(late)]).toEqual([exitCodes.package, []]);
      expect(late.stdout).toContain('"PACKAGE_ARCHITECTURE"');
    } finally {
      await rename(join(folder, other), join(folder, path)).catch(() => rename(other, path));
      await writeFile(file, text);
    }
  });

  it('finishes what was begun when it works again', async () => {
    await replacePacktool('exec "$own" "$@"');
    const ended = await globalctl(...install);
    expect(ended.code, ended.stdout).toBe(0);
    expect(printed(ended).filter((line) => line.startsWith('pushed'))).not.toEqual([]);
  });
});
