import { readFile, realpath, stat } from 'node:fs/promises';
import { GlobalctlError, writeFileAtomic } from '../../base/index.ts';
import { counted, diffOf, fixSources, STDIN_NAME, type FixedFile, type LintRequest } from '../../lint/index.ts';
import type { App } from '../app.ts';
import { confirm } from '../ask.ts';
import { exitCodeOf } from './exit-code.ts';
import type { LintFlags } from './flags.ts';
import { printResult } from './print.ts';

/**
 * Shows what would change as a diff, asks, and rewrites the files. Standard input is answered on stdout as it would be; the diff and
 * the findings that are left go to stderr then.
 */
export async function fixCommand(app: App, request: LintRequest, flags: LintFlags): Promise<void> {
  const fromStdin = request.sources.some(({ text }) => text.file === STDIN_NAME);
  if (fromStdin && request.sources.length > 1)
    throw new GlobalctlError('USAGE', {
      message: '--fix of standard input answers on stdout, so that it takes no other input',
      subject: '--fix',
    });
  const say = (line: string): void => {
    if (fromStdin || flags.output !== 'text') app.note(line);
    else app.print(line);
  };
  const { files, fixed, result } = await fixSources(request);
  for (const file of files) say(app.redactor.redact(await diffOf(file)));
  if (flags.dryRun) {
    say(`${counted(fixed, 'finding')} would be fixed in ${counted(files.length, 'file')}; nothing was written`);
    app.exitCode = exitCodeOf(await lintAgain(request), flags.strict);
    return;
  }
  if (fromStdin) {
    const [source] = request.sources;
    app.stdout.write(files[0]?.after.text ?? source?.text.text ?? '');
    const print = (line: string): void => {
      app.note(line);
    };
    printResult(app, { result, skipped: [], flags: { ...flags, output: 'text' }, print });
  } else {
    if (files.length > 0) {
      const question = `Rewrite ${counted(files.length, 'file')}?`;
      if (!(await confirm(app, question, flags.yes))) {
        app.note('nothing was written');
        app.exitCode = exitCodeOf(await lintAgain(request), flags.strict);
        return;
      }
      for (const file of files) await rewrite(file);
      app.note(`${counted(fixed, 'finding')} fixed in ${counted(files.length, 'file')}`);
    }
    printResult(app, { result, skipped: [], flags });
  }
  app.exitCode = exitCodeOf(result, flags.strict);
}

async function lintAgain(
  request: LintRequest,
): Promise<{ findings: Awaited<ReturnType<typeof fixSources>>['result']['findings'] }> {
  const { lint } = await import('../../lint/index.ts');
  return lint(request);
}

const byteOrderMark = '\uFEFF';

/** Writes through links, keeps the mode, and refuses a file that somebody changed meanwhile. */
async function rewrite({ before, after }: FixedFile): Promise<void> {
  const path = await realpath(before.file);
  const now = await readFile(path, 'utf8');
  const mark = now.startsWith(byteOrderMark) ? byteOrderMark : '';
  if (now.slice(mark.length) !== before.text)
    throw new GlobalctlError('FILE_UNWRITABLE', {
      message: `${before.file} was changed while it was linted`,
      subject: before.file,
      hint: 'Run the command again.',
    });
  const { mode } = await stat(path);
  await writeFileAtomic(path, `${mark}${after.text}`, mode & 0o777);
}
