import { PassThrough, Writable } from 'node:stream';
import { CommanderError } from 'commander';
import { exitCodes, Redactor, systemClock, toGlobalctlError } from '../base/index.ts';
import type { App } from './app.ts';
import { createProgram, type RegisterCommand } from './program.ts';

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Code of the error that ended the command. */
  readonly error?: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What a person types on a terminal; without it stdin is no terminal. */
  readonly typed?: string;
}

/** Runs commands in this process as the main program does, with streams that are kept. */
export async function runCommand(
  register: RegisterCommand,
  args: readonly string[],
  { cwd, env = {}, typed }: RunOptions,
): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof written): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        written[name] += chunk.toString();
        done();
      },
    });
  const stdin = Object.assign(new PassThrough(), { isTTY: typed !== undefined, fd: 0 as const });
  stdin.end(typed ?? '');
  const [stdout, stderr] = [sink('stdout'), sink('stderr')];
  const app: App = {
    stdout,
    stderr,
    // A terminal of a process has more than commands use; the cast keeps the rest out of the tests.
    stdin: stdin as unknown as NodeJS.ReadStream,
    env,
    cwd,
    clock: systemClock,
    signal: new AbortController().signal,
    redactor: new Redactor(),
    print: (line) => void stdout.write(`${line}\n`),
    note: (line) => void stderr.write(`${line}\n`),
    self: { program: process.execPath, args: [] },
    exitCode: exitCodes.ok,
  };
  try {
    await createProgram(app, [register]).parseAsync(['node', 'globalctl', ...args]);
    return { exitCode: app.exitCode, ...written };
  } catch (thrown) {
    if (thrown instanceof CommanderError) return { exitCode: exitCodes.usage, ...written, error: 'USAGE' };
    const error = toGlobalctlError(thrown);
    return { exitCode: error.exitCode, ...written, error: error.code, stderr: `${written.stderr}${error.message}` };
  }
}
