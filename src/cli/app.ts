import type { Writable } from 'node:stream';
import type { Clock, Redactor } from '../base/index.ts';

/** What a command may touch of the process it runs in; handed in so that commands can be tested without one. */
export interface App {
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stdin: NodeJS.ReadStream;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly clock: Clock;
  /** Aborts on the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Knows every secret that was read. What `print` and `note` write has passed through it. */
  readonly redactor: Redactor;
  /** The answer: one line on stdout. */
  print(line: string): void;
  /** Everything else: one line on stderr. */
  note(line: string): void;
  /** How this process can be started again: program and first arguments (a script, or none for a single executable). */
  readonly self: { readonly program: string; readonly args: readonly string[] };
  /** The exit code when the command ends without throwing; 0 unless set. */
  exitCode: number;
}

export type OutputFormat = 'text' | 'json';
