import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Path of a file of the repository. */
export function inRepository(path: string): string {
  return join(root, path);
}

export interface Ended {
  /** null when a signal ended the process. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run of the program: its lines as they come, and its end. */
export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
}

/**
 * The command-line program as it is shipped, built from the sources as they are now into a folder of its own: another build
 * may replace `dist/` at any time. Below node_modules, so that the optional packages are found from there as well.
 */
export class Program implements AsyncDisposable {
  readonly script: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.script = join(folder, 'globalctl.js');
  }

  static async build(): Promise<Program> {
    const parent = inRepository('node_modules/.cache');
    await mkdir(parent, { recursive: true });
    const program = new Program(await mkdtemp(join(parent, 'globalctl-e2e-')));
    const { code, stderr } = await collect(
      spawn(process.execPath, [inRepository('scripts/build.mjs'), program.#folder], { stdio: 'pipe' }),
    );
    if (code === 0) return program;
    await program[Symbol.asyncDispose]();
    throw new Error(`the program cannot be built:\n${stderr}`);
  }

  /** Starts the program. `onLine` hears the lines of stdout. `wrap` stands before it, as `unshare -n` would. */
  start(
    args: readonly string[],
    options: {
      readonly env: NodeJS.ProcessEnv;
      readonly cwd: string;
      readonly wrap?: readonly string[];
      readonly onLine?: (line: string) => void;
    },
  ): Running {
    const [program = process.execPath, ...rest] = [...(options.wrap ?? []), process.execPath, this.script, ...args];
    const child = spawn(program, rest, { cwd: options.cwd, env: options.env, stdio: ['ignore', 'pipe', 'pipe'] });
    return { pid: child.pid ?? 0, ended: collect(child, options.onLine), kill: (signal) => void child.kill(signal) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Runs any program to its end. */
export function run(
  program: string,
  args: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly cwd: string; readonly input?: string },
): Promise<Ended> {
  const child = spawn(program, args, { cwd: options.cwd, env: options.env, stdio: 'pipe' });
  child.stdin.end(options.input ?? '');
  return collect(child);
}

function collect(child: ChildProcess, onLine: (line: string) => void = () => undefined): Promise<Ended> {
  const lines: string[] = [];
  let stderr = '';
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      onLine(line);
    });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    // `close` and not `exit`: every line is in by then.
    child.once('close', (code) => resolve({ code, stdout: lines.join('\n'), stderr }));
  });
}
