// What `globalctl init` does: asks or takes answers, writes a commented site file and the secret files that it refers to.
// Nothing is overwritten unless that was asked for; secret files never are.
import { dirname, join, resolve } from 'node:path';
import { GlobalctlError, pathExists, writeFileAtomic } from '../../base/index.ts';
import type { App } from '../app.ts';
import { ask } from './ask.ts';
import { secretPlaceholder } from '../../site/index.ts';
import { newSite, secretFiles } from './new-site.ts';
import type { SiteAnswers } from './questions.ts';

export interface InitRequest {
  readonly answers: Partial<SiteAnswers>;
  /** File to write, or `-` for stdout. */
  readonly output: string;
  readonly force: boolean;
}

/** Throws USAGE where an answer is missing or wrong or the file exists, FILE_UNWRITABLE where it cannot be written. */
export async function init(app: App, { answers, output, force }: InitRequest): Promise<void> {
  const path = resolve(app.cwd, output);
  if (output !== '-' && !force && (await pathExists(path)))
    throw new GlobalctlError('USAGE', {
      message: `${output} exists already`,
      subject: output,
      hint: 'Name another file with --output, or pass --force to overwrite it.',
    });
  const complete = await ask(app, answers);
  const text = newSite(complete);
  if (output === '-') {
    app.stdout.write(text);
    return;
  }
  await writeFileAtomic(path, text);
  const written = await writeSecrets(dirname(path), complete.provider);
  app.print(`wrote ${output}`);
  for (const file of written) app.print(`wrote ${join(dirname(output), file)}`);
  app.note(
    [
      'Next:',
      `  1. Replace the sample values in ${output} by those of your site.`,
      `  2. Put the secrets where "${secretPlaceholder}" stands in ${join(dirname(output), 'secrets')}.`,
      `  3. globalctl validate -f ${output}`,
      `  4. globalctl rehearse -f ${output}`,
    ].join('\n'),
  );
}

async function writeSecrets(folder: string, provider: string): Promise<string[]> {
  const written: string[] = [];
  for (const { path, content } of secretFiles(provider)) {
    const target = resolve(folder, path);
    if (await pathExists(target)) continue;
    await writeFileAtomic(target, content, 0o600);
    written.push(path);
  }
  return written;
}
