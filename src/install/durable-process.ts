import { spawn } from 'node:child_process';
import { access, constants, mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { GlobalctlError, readTextIfPresent, startTicksOf, type Clock, type EventStream } from '../base/index.ts';
import type { EffectRecorder } from './effects.ts';

export interface DurableProgram {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** stdout and stderr go here, so that the program outlives a kill of this process. Appended to. */
  readonly logFile: string;
  readonly step: string;
  readonly recorder: EffectRecorder;
  readonly events: EventStream;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const POLL_MS = 100;
const TERMINATE_GRACE_MS = 10_000;

/**
 * Holds a new process at a gate until its pid is in the journal. When this process dies before that, the gate's pipe closes
 * and the program never runs; a later run would not know of it and start a second one beside it. The exit code is left in a
 * file, for a later run to which it is no child. Asked to end, the gate waits for the program, which may need its time or not
 * listen: only when the gate has ended has the program. (A trap that does something is not handed on to programs.)
 */
const GATE = `read -r _ || exit 125
trap : TERM
"$@" </dev/null
code=$?
echo "$code" >"$0.$$.tmp" && mv "$0.$$.tmp" "$0.$$.exit"
exit "$code"`;

/**
 * Runs a program that may not be lost or run twice when this process is killed: it has its own process group and writes to
 * a file. Its pid and start time are recorded; a later run that finds it alive waits for it instead of starting another.
 * One that has ended well meanwhile is not run again. Lines become `output` events. Throws COMMAND_FAILED with
 * the last lines, COMMAND_NOT_FOUND, or CANCELLED after it was asked to end. `adopted`: it was waited for and left no exit
 * code, as when it was killed; the caller's observation decides.
 */
export async function runDurably(program: DurableProgram): Promise<'finished' | 'adopted'> {
  const { recorder, events, clock, signal, step } = program;
  const name = program.program;
  await mkdir(dirname(program.logFile), { recursive: true });
  const log = await open(program.logFile, 'a+', 0o600);
  const tail = new Tail(log, (await log.stat()).size, (line) =>
    events.emit({ type: 'output', step, program: name, stream: 'stdout', line }),
  );
  try {
    const earlier = recorder.earlierProcess;
    if (earlier) {
      const isAlive = async (): Promise<boolean> => (await startTicksOf(earlier.pid)) === earlier.startTicks;
      const wasAlive = await isAlive();
      if (wasAlive)
        events.log(
          'info',
          `${name} of the interrupted run still works (process ${String(earlier.pid)}); waiting for it`,
        );
      while (await isAlive()) {
        await clock.sleep(POLL_MS, signal);
        await tail.read();
      }
      await tail.read();
      const code = await readTextIfPresent(exitFile(program, earlier.pid));
      // What failed before this run began was told then, and is tried again now.
      if (code !== undefined && (wasAlive || Number(code) === 0)) {
        refuseFailure(program, { code: Number(code), by: null }, tail);
        return 'finished';
      }
      if (wasAlive) return 'adopted';
    }
    const env = { ...process.env, ...program.env };
    const executable = await locate(program, env);
    const child = spawn('sh', ['-c', GATE, program.logFile, executable, ...program.args], {
      cwd: program.cwd,
      env,
      detached: true,
      stdio: ['pipe', log.fd, log.fd],
    });
    // Whoever waits at the gate may be ended there; what its end means is told by `ended`.
    child.stdin?.on('error', () => undefined);
    const ended = new Promise<{ code: number | null; by: NodeJS.Signals | null }>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, by) => resolve({ code, by }));
    }).catch((error: unknown) => {
      throw new GlobalctlError('COMMAND_NOT_FOUND', {
        message: `cannot start ${name}: ${error instanceof Error ? error.message : String(error)}`,
        subject: name,
      });
    });
    // The rejection is awaited below; until then it must not count as unhandled.
    ended.catch(() => undefined);
    const { pid } = child;
    try {
      // Of another process that once had the same number.
      if (pid !== undefined) await rm(exitFile(program, pid), { force: true });
      if (pid !== undefined) await recorder.processStarted(pid, (await startTicksOf(pid)) ?? '');
    } catch (error) {
      child.stdin?.destroy();
      throw error;
    }
    child.stdin?.end('go\n');
    const stop = (): void => {
      if (pid === undefined) return;
      killGroup(pid, 'SIGTERM');
      setTimeout(() => killGroup(pid, 'SIGKILL'), TERMINATE_GRACE_MS).unref();
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    const reading = tail.follow(clock, ended);
    const { code, by } = await ended.finally(() => signal.removeEventListener('abort', stop));
    await reading;
    // What the program started may not have listened as it did.
    if (signal.aborted && pid !== undefined) killGroup(pid, 'SIGKILL');
    if (signal.aborted) throw new GlobalctlError('CANCELLED', { message: `interrupted: ${name}`, subject: name });
    refuseFailure(program, { code, by }, tail);
    return 'finished';
  } finally {
    await log.close();
  }
}

function exitFile({ logFile }: DurableProgram, pid: number): string {
  return `${logFile}.${String(pid)}.exit`;
}

function refuseFailure(
  { program: name, args, logFile }: DurableProgram,
  { code, by }: { readonly code: number | null; readonly by: NodeJS.Signals | null },
  tail: Tail,
): void {
  if (code === 0) return;
  throw new GlobalctlError('COMMAND_FAILED', {
    message: `${[name, ...args].join(' ')}: ${by === null ? `exit code ${String(code)}` : `ended by ${by}`}`,
    subject: name,
    found: tail.lastLines.join('\n'),
    hint: `Its whole output is in ${logFile}.`,
  });
}

/** Path of the program, so that a missing one is told from one that fails. Throws COMMAND_NOT_FOUND. */
async function locate({ program, cwd }: DurableProgram, env: NodeJS.ProcessEnv): Promise<string> {
  const candidates = program.includes('/')
    ? [resolve(cwd, program)]
    : (env['PATH'] ?? '').split(delimiter).map((folder) => join(resolve(cwd, folder), program));
  for (const path of candidates) {
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // The next folder may hold it.
    }
  }
  throw new GlobalctlError('COMMAND_NOT_FOUND', {
    message: `cannot start ${program}: there is no such program, or it is not executable`,
    subject: program,
  });
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended already.
  }
}

/** Reads what is appended to a file, line by line. */
class Tail {
  readonly #file: FileHandle;
  readonly #onLine: (line: string) => void;
  readonly lastLines: string[] = [];
  #offset: number;
  #rest = '';

  constructor(file: FileHandle, offset: number, onLine: (line: string) => void) {
    this.#file = file;
    this.#offset = offset;
    this.#onLine = onLine;
  }

  async read(): Promise<void> {
    const buffer = Buffer.alloc(64 * 1024);
    for (;;) {
      const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, this.#offset);
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      const lines = (this.#rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#emit(line);
    }
  }

  #emit(line: string): void {
    this.lastLines.push(line);
    if (this.lastLines.length > 12) this.lastLines.shift();
    this.#onLine(line);
  }

  /** Reads until `ended` settles, then the rest. */
  async follow(clock: Clock, ended: Promise<unknown>): Promise<void> {
    let over = false;
    const finish = ended.then(
      () => (over = true),
      () => (over = true),
    );
    while (!over) {
      await Promise.race([clock.sleep(POLL_MS), finish]);
      await this.read();
    }
    await this.read();
    if (this.#rest !== '') this.#emit(this.#rest);
  }
}
