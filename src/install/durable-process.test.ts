import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventStream, startTicksOf, systemClock } from '../base/index.ts';
import { runDurably } from './durable-process.ts';

let folder: string;
let lines: string[];
let events: EventStream;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-durable-'));
  lines = [];
  events = new EventStream();
  events.subscribe((e) => e.type === 'output' && lines.push(e.line));
});
afterEach(() => rm(folder, { recursive: true }));

const options = (
  script: string,
  earlierProcess?: { pid: number; startTicks: string },
  signal = new AbortController().signal,
) => ({
  program: 'sh',
  args: ['-c', script],
  cwd: folder,
  logFile: join(folder, 'log'),
  step: 's',
  recorder: { processStarted: () => Promise.resolve(), earlierProcess },
  events,
  clock: systemClock,
  signal,
});

/** A recorder, and what it was told. */
function recording() {
  const started = { pid: 0, startTicks: '' };
  const processStarted = (pid: number, startTicks: string): Promise<void> => {
    Object.assign(started, { pid, startTicks });
    return Promise.resolve();
  };
  return { started, recorder: { processStarted, earlierProcess: undefined } };
}

describe('a durable process', () => {
  it('tells every line and ends well', async () => {
    expect(await runDurably(options('echo one; echo two >&2; printf three'))).toBe('finished');
    expect(lines).toEqual(['one', 'two', 'three']);
  });

  it('fails with the exit code and the last lines', async () => {
    await expect(runDurably(options('echo no space left; exit 3'))).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
      message: expect.stringContaining('exit code 3') as string,
      details: { found: 'no space left' },
    });
  });

  it('waits for the living process of an interrupted run instead of starting another', async () => {
    const earlier = spawn('sh', ['-c', 'sleep 0.4; touch finished'], { cwd: folder, stdio: 'ignore' });
    const pid = earlier.pid ?? 0;
    const startTicks = (await startTicksOf(pid)) ?? '';
    expect(await runDurably(options('touch second', { pid, startTicks }))).toBe('adopted');
    await expect(writeFile(join(folder, 'finished'), '', { flag: 'wx' })).rejects.toMatchObject({ code: 'EEXIST' });
    await writeFile(join(folder, 'second'), '', { flag: 'wx' });
  });

  it('does not run a program again that ended well after the run which started it', async () => {
    const { recorder, started } = recording();
    await runDurably({ ...options('true'), recorder });
    expect(await runDurably(options('touch second', started))).toBe('finished');
    await writeFile(join(folder, 'second'), '', { flag: 'wx' });
  });

  it('tries a program again that failed in an earlier run', async () => {
    const { recorder, started } = recording();
    await expect(runDurably({ ...options('exit 7'), recorder })).rejects.toMatchObject({ code: 'COMMAND_FAILED' });
    expect(await runDurably(options('echo again', started))).toBe('finished');
    expect(lines).toContain('again');
  });

  it('tells the failure of a program that it waited for', async () => {
    const { recorder, started } = recording();
    const first = runDurably({ ...options('while [ ! -e go ]; do sleep 0.05; done; echo no disk; exit 7'), recorder });
    const firstOver = expect(first).rejects.toMatchObject({ code: 'COMMAND_FAILED' });
    while (started.pid === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    const isWaiting = new Promise<void>((resolve) => events.subscribe((e) => e.type === 'log' && resolve()));
    const waiting = expect(runDurably(options('touch second', started))).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
      message: expect.stringContaining('exit code 7') as string,
      details: { found: 'no disk' },
    });
    await isWaiting;
    await writeFile(join(folder, 'go'), '');
    await Promise.all([waiting, firstOver]);
    await writeFile(join(folder, 'second'), '', { flag: 'wx' });
  });

  it('starts anew when the program of the interrupted run was killed too', async () => {
    const { recorder, started } = recording();
    await expect(runDurably({ ...options('kill -9 -$PPID'), recorder })).rejects.toMatchObject({
      message: expect.stringContaining('SIGKILL') as string,
    });
    expect(await runDurably(options('echo again', started))).toBe('finished');
    expect(lines).toContain('again');
  });

  it('starts anew when the recorded pid belongs to another process by now', async () => {
    expect(await runDurably(options('echo again', { pid: process.pid, startTicks: '1' }))).toBe('finished');
    expect(lines).toEqual(['again']);
  });

  it('does not let a program run whose start could not be recorded', async () => {
    const notRecorded = new Error('no space left on device');
    const recorder = { processStarted: () => Promise.reject(notRecorded), earlierProcess: undefined };
    await expect(runDurably({ ...options('touch ran'), recorder })).rejects.toBe(notRecorded);
    // The same folder, a moment later: long enough for the program, had it been let go.
    expect(await runDurably(options('true'))).toBe('finished');
    await writeFile(join(folder, 'ran'), '', { flag: 'wx' });
  });

  it('lets the program go only after its start is recorded, and gives it no input', async () => {
    let recorded = false;
    const recorder = {
      processStarted: async (pid: number) => {
        // Only the shell at the gate stands there; the program itself has not begun.
        expect(await readFile(`/proc/${String(pid)}/cmdline`, 'utf8')).toContain('read -r _');
        await expect(readFile(join(folder, 'ran'))).rejects.toMatchObject({ code: 'ENOENT' });
        recorded = true;
      },
      earlierProcess: undefined,
    };
    expect(await runDurably({ ...options('touch ran; cat'), recorder })).toBe('finished');
    expect(recorded).toBe(true);
    expect(await readFile(join(folder, 'ran'), 'utf8')).toBe('');
  });

  it('says which program is missing', async () => {
    await expect(runDurably({ ...options(''), program: './no-such-program' })).rejects.toMatchObject({
      code: 'COMMAND_NOT_FOUND',
      message: expect.stringContaining('./no-such-program') as string,
    });
  });

  it('ends the whole process group when interrupted', async () => {
    const controller = new AbortController();
    // The child does not listen, and its parent does not wait for it.
    const script = `(trap '' TERM; sleep 30) & echo $!; exec sleep 30`;
    const running = runDurably(options(script, undefined, controller.signal));
    const over = expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    await new Promise<void>((resolve) => events.subscribe((e) => e.type === 'output' && resolve()));
    controller.abort();
    await over;
    // Killed; the kernel may take a moment.
    while ((await startTicksOf(Number(lines[0]))) !== undefined) await new Promise((resolve) => setImmediate(resolve));
  });

  it('waits for a program that takes its time to end, and keeps how it ended', async () => {
    const controller = new AbortController();
    const { recorder, started } = recording();
    const script = `trap 'echo cleaning; sleep 0.3; touch cleaned; exit 4' TERM; echo up; while :; do sleep 0.05; done`;
    const running = runDurably({ ...options(script, undefined, controller.signal), recorder });
    const over = expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    await new Promise<void>((resolve) => events.subscribe((e) => e.type === 'output' && resolve()));
    controller.abort();
    await over;
    expect(await readFile(join(folder, 'cleaned'), 'utf8')).toBe('');
    expect(await readFile(join(folder, `log.${String(started.pid)}.exit`), 'utf8')).toBe('4\n');
  });
});
