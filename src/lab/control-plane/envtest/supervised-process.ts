import { spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/**
 * Runs the program and kills it when standard input ends. The kernel closes that pipe however this process goes, so a lab that
 * is killed leaves no server behind. In a session of its own: a Ctrl-C at a terminal is the lab's to hear, which then stops
 * its servers in order.
 */
const SUPERVISOR = `
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
(while read -r _; do :; done; kill -KILL "$child") <&3 >/dev/null 2>&1 &
watcher=$!
wait "$child"
code=$?
kill "$watcher" 2>/dev/null
exit "$code"
`;

/** Lines of a log that are shown when a server ends. */
const TAIL_LINES = 15;

/** A server that runs as a process of its own, writing to a log file. */
export interface SupervisedProcess {
  readonly name: string;
  readonly logFile: string;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  /** How it ended by itself (`exit code 1`); undefined while it runs and when it was stopped. */
  failure(): string | undefined;
  /** The last lines of its log; of a Go program that panicked, those before its stack traces. */
  logTail(): Promise<string>;
  /** Kills it. Resolves when it is gone. */
  stop(): Promise<void>;
}

/** Starts a server. A program that cannot be started counts as one that ended. */
export async function startSupervised(options: {
  readonly program: string;
  readonly args: readonly string[];
  readonly logFile: string;
}): Promise<SupervisedProcess> {
  const { program, args, logFile } = options;
  await mkdir(dirname(logFile), { recursive: true, mode: 0o700 });
  const log = await open(logFile, 'w', 0o600);
  let stopping = false;
  let failure: string | undefined;
  const child = spawn('/bin/sh', ['-c', SUPERVISOR, 'sh', program, ...args], {
    detached: true,
    stdio: ['pipe', log.fd, log.fd],
    // Variables such as ETCD_DATA_DIR would be options too.
    env: { PATH: process.env['PATH'] },
  });
  const { stdin: leash } = child;
  // The pipe breaks when the server ends first; that is told by its exit.
  leash?.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    const done = (how: string): void => {
      if (!stopping) failure ??= how;
      resolve();
    };
    child.once('error', (error) => done(error.message));
    child.once('exit', (code, signal) => done(signal === null ? `exit code ${String(code)}` : `ended by ${signal}`));
  });
  await log.close();
  return {
    name: basename(program),
    logFile,
    ended,
    failure: () => failure,
    logTail: async () => {
      const text = await readFile(logFile, 'utf8').catch(() => '');
      const [before = ''] = text.split(/^goroutine \d+ /m);
      return before.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
    },
    stop: async () => {
      stopping = true;
      leash?.destroy();
      await ended;
    },
  };
}
