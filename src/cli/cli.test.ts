import { statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Command } from 'commander';
import { exitCodes, ManualClock, Redactor } from '../base/index.ts';
import type { App } from './app.ts';
import { commands } from './commands/index.ts';
import { createProgram } from './program.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

function fakeApp(): { app: App; out: () => string } {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let text = '';
  const app: App = {
    stdout,
    stderr,
    stdin: process.stdin,
    env: {},
    cwd: folder,
    clock: new ManualClock(),
    signal: new AbortController().signal,
    redactor: new Redactor(),
    print: (line) => void (text += `${line}\n`),
    note: (line) => void (text += `${line}\n`),
    self: { program: process.execPath, args: [] },
    exitCode: 0,
  };
  return { app, out: () => text };
}

function everyCommand(program: Command): Command[] {
  return [program, ...program.commands.flatMap(everyCommand)];
}

describe('the command line', () => {
  it('gives every flag an environment variable of its name', () => {
    const program = createProgram(fakeApp().app, commands);
    const bare = everyCommand(program).flatMap((command) =>
      command.options
        .filter((o) => !['--help', '--version'].includes(o.long ?? '') && o.envVar === undefined)
        .map((o) => `${command.name()} ${o.flags}`),
    );
    expect(bare).toEqual([]);
  });

  it('shows examples in the help of every command that a person calls', () => {
    const program = createProgram(fakeApp().app, commands);
    const hidden = new Set(['serve', 'bootstrap', 'packtool']);
    const isHidden = (c: Command): boolean => hidden.has(c.name()) || (c.parent !== null && isHidden(c.parent));
    const without = everyCommand(program)
      .filter((c) => c.commands.length === 0 && c.parent !== null && !isHidden(c))
      .filter((c) => {
        let help = '';
        c.configureOutput({ writeOut: (t) => void (help += t) });
        c.outputHelp();
        return !help.includes('Example');
      });
    expect(without.map((c) => c.name())).toEqual([]);
  });

  it('completes commands, subcommands, flags and their values in bash', async () => {
    const { app, out } = fakeApp();
    await createProgram(app, commands).parseAsync(['node', 'globalctl', 'completion', 'bash']);
    const script = join(folder, 'completion.bash');
    await writeFile(script, out());
    const complete = (...words: string[]): string[] => {
      const line = words.map((w) => JSON.stringify(w)).join(' ');
      const run = spawnSync(
        'bash',
        [
          '-c',
          `source ${script}; COMP_WORDS=(${line}); COMP_CWORD=${String(words.length - 1)}; _globalctl; printf '%s\\n' "\${COMPREPLY[@]}"`,
        ],
        { encoding: 'utf8' },
      );
      expect(run.stderr).toBe('');
      return run.stdout.trim().split('\n');
    };
    expect(complete('globalctl', 're')).toEqual(expect.arrayContaining(['render', 'rehearse']));
    expect(complete('globalctl', 'lab', 'u')).toEqual(['up']);
    expect(complete('globalctl', 'install', '--un')).toEqual(['--until']);
    expect(complete('globalctl', 'install', '-o', '')).toEqual(['text', 'json']);
  });
});

describe('the exit code', () => {
  const run = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, ['dist/globalctl.js', ...args], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '' },
    });

  it('is 2 for a command that does not exist and for a missing file, with no stack trace', () => {
    expect(run('instal').status).toBe(exitCodes.usage);
    const missing = run('validate', '-f', join(folder, 'nowhere.yaml'));
    expect([missing.status, missing.stderr.includes('    at ')]).toEqual([missing.status, false]);
    expect([exitCodes.usage, exitCodes.site]).toContain(missing.status);
  });

  it('is 3 for a site file that is refused, and the JSON of the answer names each fault', async () => {
    const file = join(folder, 'bad.yaml');
    await writeFile(file, 'apiVersion: globalctl.dev/v1alpha1\nkind: Site\nprovider: dcs\nnetwrok: {}\n');
    const result = run('validate', '-f', file, '-o', 'json');
    expect(result.status).toBe(exitCodes.site);
    expect(result.stdout).toContain('netwrok');
    expect(result.stderr).not.toContain('    at ');
  });

  it('is 0 for the version', () => {
    expect(run('--version')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string });
  });
});

describe('the start of the program', () => {
  /** The chunks that `--version` loads, and whether V8 took what the build had compiled of them. */
  function startProgram(): { path: string; isRefused: boolean | undefined }[] {
    const script = `const { start, scripts } = require('./dist/globalctl.js');
      const chunks = () => [...scripts].map(([path, script]) => ({ path, isRefused: script.cachedDataRejected }));
      process.on('exit', () => console.error(JSON.stringify(chunks())));
      process.argv.push('globalctl', '--version');
      start();`;
    const run = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    return JSON.parse(run.stderr) as { path: string; isRefused: boolean | undefined }[];
  }

  it('loads only what every command needs: the rest comes with the command', () => {
    const kilobytes = startProgram().reduce((sum, { path }) => sum + statSync(path).size, 0) / 1024;
    // The largest part is the command line library; an HTTP client or a YAML parser would be more than all of it.
    expect(kilobytes).toBeLessThan(360);
    expect(kilobytes).toBeGreaterThan(100);
  });

  it('compiles nothing that the build has compiled', () => {
    expect(startProgram().filter(({ isRefused }) => isRefused !== false)).toEqual([]);
  });
});
