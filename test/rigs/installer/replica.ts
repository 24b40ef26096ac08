import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { ChildConfig } from './child.ts';

/** The program of one replica, bundled once for all tests of a file. */
export class ReplicaProgram implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async bundle(): Promise<ReplicaProgram> {
    const folder = await mkdtemp(join(tmpdir(), 'installer-replica-'));
    await build({
      entryPoints: [fileURLToPath(new URL('child.ts', import.meta.url))],
      outfile: join(folder, 'child.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'error',
      banner: {
        js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
      },
    });
    return new ReplicaProgram(folder);
  }

  start(identity: string, config: ChildConfig): Replica {
    const process = spawn(globalThis.process.execPath, [join(this.#folder, 'child.mjs'), 'installer', identity], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    process.stdin.on('error', () => undefined);
    process.stdin.write(`${JSON.stringify(config)}\n`);
    return new Replica(identity, process);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** One replica as a process of its own. */
export class Replica {
  readonly identity: string;
  /** What it wrote, its errors included. */
  readonly lines: string[] = [];
  readonly exited: Promise<void>;
  readonly #process: ChildProcess;
  readonly #url: Promise<string>;
  readonly #listeners = new Set<() => void>();
  #alive = true;

  constructor(identity: string, process: ChildProcess) {
    this.identity = identity;
    this.#process = process;
    this.exited = once(process, 'exit').then(() => void (this.#alive = false));
    let listening: (url: string) => void = () => undefined;
    this.#url = new Promise((resolve) => (listening = resolve));
    for (const stream of [process.stdout, process.stderr])
      if (stream)
        createInterface({ input: stream }).on('line', (line) => {
          this.lines.push(line);
          for (const look of [...this.#listeners]) look();
          const url = /^listening (\S+)$/.exec(line)?.[1];
          if (url !== undefined) listening(url);
        });
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Resolves once a line with that text has come. */
  async said(text: string): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!this.lines.some((line) => line.includes(text))) return;
        this.#listeners.delete(look);
        resolve();
      };
      this.#listeners.add(look);
      look();
    });
  }

  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.kill(name);
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exited;
  }

  /** Status and body of an answer; undefined when the process ended instead. */
  async call(path: string, body?: unknown): Promise<{ readonly status: number; readonly text: string } | undefined> {
    const url = await Promise.race([this.#url, this.exited]);
    if (url === undefined) return undefined;
    try {
      const response = await fetch(`${url}${path}`, {
        ...(body !== undefined && {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      // The connection may break a moment before the process is seen to have ended.
      await Promise.race([this.exited, new Promise((resolve) => setTimeout(resolve, 5000).unref())]);
      if (this.#alive) throw error;
      return undefined;
    }
  }
}
