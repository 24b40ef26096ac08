import { GlobalctlError } from './error.ts';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string | undefined;
  /** Added to the process's own environment. Secrets go here or to `input`, never into `args`. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly input?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onLine?: ((line: string, stream: 'stdout' | 'stderr') => void) | undefined;
  /** Called with the process id as soon as there is one. */
  readonly onStart?: ((pid: number) => void) | undefined;
}

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. Throws COMMAND_NOT_FOUND, COMMAND_FAILED (with the last lines of stderr) or CANCELLED. */
export async function runCommand(command: Command): Promise<CommandResult> {
  const { execa } = await import('execa');
  const child = execa(command.program, command.args, {
    ...(command.cwd !== undefined && { cwd: command.cwd }),
    ...(command.env && { env: command.env }),
    ...(command.input === undefined ? { stdin: 'ignore' as const } : { input: command.input }),
    ...(command.signal && { cancelSignal: command.signal }),
    forceKillAfterDelay: 5000,
    reject: false,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (child.pid !== undefined) command.onStart?.(child.pid);
  if (command.onLine) {
    const { onLine } = command;
    const follow = async (stream: 'stdout' | 'stderr'): Promise<void> => {
      for await (const line of child.iterable({ from: stream })) onLine(String(line), stream);
    };
    await Promise.all([follow('stdout'), follow('stderr')]).catch(() => undefined);
  }
  const result = await child;
  const words = [command.program, ...command.args].join(' ');
  if (result.isCanceled || command.signal?.aborted)
    throw new GlobalctlError('CANCELLED', { message: `interrupted: ${words}`, subject: command.program });
  if (result.code === 'ENOENT' || result.code === 'EACCES')
    throw new GlobalctlError('COMMAND_NOT_FOUND', {
      message: `cannot start ${command.program}: ${result.code === 'EACCES' ? 'not executable' : 'no such program'}`,
      subject: command.program,
    });
  if (result.failed) {
    const tail = (result.stderr || result.stdout).split('\n').slice(-12).join('\n').trim();
    throw new GlobalctlError('COMMAND_FAILED', {
      message: `${words}: ${result.signal ? `ended by ${result.signal}` : `exit code ${String(result.exitCode)}`}`,
      subject: command.program,
      found: tail === '' ? undefined : tail,
    });
  }
  return { stdout: result.stdout, stderr: result.stderr };
}
