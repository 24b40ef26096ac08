import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GlobalctlError, isMissing } from '../../base/index.ts';

export interface FoundFile {
  readonly path: string;
  /** A person named the file, rather than a folder that it is in. */
  readonly named: boolean;
}

const manifestName = /\.(?:ya?ml|json)$/i;
/** Files of other programs that never hold an object, whatever is in them. */
const otherPrograms = /^(?:kustomization|values.*|Chart|package(?:-lock)?|tsconfig.*|\..*)\.(?:ya?ml|json)$/i;

/**
 * The files that paths stand for, in a fixed order; folders give every *.yaml, *.yml and *.json below them, except hidden folders,
 * node_modules and the templates of charts. Throws FILE_UNREADABLE for a path that is not there.
 */
export async function findFiles(paths: readonly string[]): Promise<FoundFile[]> {
  const found = new Map<string, FoundFile>();
  for (const path of paths) {
    const named = path === '-' || !(await isFolder(path));
    for (const file of named ? [path] : await below(path))
      if (!found.has(file) || named) found.set(file, { path: file, named });
  }
  return [...found.values()];
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw new GlobalctlError('FILE_UNREADABLE', {
      message: isMissing(cause) ? `there is no ${path}` : `${path} cannot be read`,
      subject: path,
      cause,
    });
  }
}

async function below(folder: string): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const isChart = entries.some(({ name }) => name === 'Chart.yaml');
  const files: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const kind = entry.isSymbolicLink() ? await kindBehind(path) : entry.isDirectory() ? 'folder' : 'file';
    // A link to a folder may lead in a circle; what it leads to is found where it is.
    if (kind === 'folder' && !entry.isSymbolicLink()) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules' || (isChart && entry.name === 'templates'))
        continue;
      files.push(...(await below(path)));
    } else if (kind === 'file' && manifestName.test(entry.name) && !otherPrograms.test(entry.name)) files.push(path);
  }
  return files;
}

async function kindBehind(path: string): Promise<'folder' | 'file' | 'nothing'> {
  try {
    const target = await stat(path);
    return target.isDirectory() ? 'folder' : 'file';
  } catch {
    await lstat(path);
    return 'nothing';
  }
}
