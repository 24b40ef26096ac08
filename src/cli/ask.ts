import { GlobalctlError } from '../base/index.ts';
import type { App } from './app.ts';

/** Whether a person can be asked. */
export function canAsk(app: App): boolean {
  return app.stdin.isTTY && app.stderr.isTTY === true;
}

/** Asks on the terminal; without one it throws USAGE that names the flag. `assumed` (--yes) answers at once. */
export async function confirm(app: App, question: string, assumed: boolean): Promise<boolean> {
  if (assumed) return true;
  if (!canAsk(app))
    throw new GlobalctlError('USAGE', {
      message: `there is no terminal to ask on: ${question}`,
      hint: 'Add --yes to answer yes.',
    });
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: app.stdin, output: app.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: app.signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
