#!/usr/bin/env node
import { CommanderError } from 'commander';
import { isSea } from 'node:sea';
import { exitCodes, Redactor, systemClock, toGlobalctlError } from '../base/index.ts';
import type { App } from './app.ts';
import { commands } from './commands/index.ts';
import { createProgram } from './program.ts';
import { formatError } from './report-error.ts';

const interrupted = new AbortController();

function onSignal(): void {
  // The second signal means it: a stop that hangs must be possible to end.
  if (interrupted.signal.aborted) process.exit(exitCodes.interrupted);
  interrupted.abort();
}

async function main(): Promise<number> {
  const redactor = new Redactor();
  const app: App = {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env: process.env,
    cwd: process.cwd(),
    clock: systemClock,
    signal: interrupted.signal,
    redactor,
    print: (line) => void process.stdout.write(`${redactor.redact(line)}\n`),
    note: (line) => void process.stderr.write(`${redactor.redact(line)}\n`),
    self: { program: process.execPath, args: isSea() ? [] : [process.argv[1] ?? ''] },
    exitCode: exitCodes.ok,
  };
  try {
    await createProgram(app, commands).parseAsync(process.argv);
    return app.exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const error = toGlobalctlError(thrown);
    const wantsJson = process.argv.some(
      (word, i, all) => /^(-o|--output)=?json$/.test(word) || (/^(-o|--output)$/.test(word) && all[i + 1] === 'json'),
    );
    if (wantsJson) app.print(JSON.stringify(redactor.redactDeep({ error: error.toJSON() })));
    app.note(formatError(error, process.stderr.isTTY && process.env['NO_COLOR'] === undefined));
    if (error.code === 'INTERNAL' && process.env['GLOBALCTL_DEBUG'] && error.cause instanceof Error)
      app.note(error.cause.stack ?? '');
    return error.exitCode;
  }
}

process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
// A reader that goes away (head, less) ends the answer, not the work.
process.stdout.on('error', () => undefined);

async function run(): Promise<void> {
  const code = await main();
  // Everything written must be out before idle keep-alive connections are cut off with the process.
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))),
  );
  process.exit(code);
}

void run();
