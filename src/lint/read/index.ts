// What is linted: files of any number of YAML or JSON documents, folders of them, standard input. Texts are parsed once; objects
// keep their places. What is no Kubernetes object is a finding where a person named it and skipped where a folder holds it.
import { readFile } from 'node:fs/promises';
import { GlobalctlError, isMissing } from '../../base/index.ts';
import { findFiles } from './find-files.ts';
import { readSource, type SourceFile } from './source-file.ts';

export { classifyDocument } from './classify.ts';
export { findFiles, type FoundFile } from './find-files.ts';
export { endOf, readSource, textFinding, type SourceFile } from './source-file.ts';

/** The name under which standard input appears in messages. */
export const STDIN_NAME = 'stdin';

/**
 * Reads what the paths of a command stand for; `-` is standard input, which `readStdin` gives. Throws FILE_UNREADABLE for paths
 * that are not there or cannot be opened.
 */
export async function readSources(paths: readonly string[], readStdin: () => Promise<string>): Promise<SourceFile[]> {
  const files = await findFiles(paths);
  return Promise.all(
    files.map(async ({ path, named }) =>
      path === '-'
        ? readSource(STDIN_NAME, await readStdin(), { named })
        : readSource(path, await textOf(path), { named }),
    ),
  );
}

async function textOf(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
  } catch (cause) {
    throw new GlobalctlError('FILE_UNREADABLE', {
      message: isMissing(cause) ? `there is no ${path}` : `${path} cannot be read`,
      subject: path,
      cause,
    });
  }
}
