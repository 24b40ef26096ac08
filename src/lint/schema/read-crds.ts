import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { parseAllDocuments } from 'yaml';
import { GlobalctlError, isMissing } from '../../base/index.ts';
import { versionsOf, type CrdVersionSchema } from './crd-versions.ts';

/** Far more than any chart; what is larger is no chart. */
const maxFileBytes = 16 * 1024 * 1024;

/**
 * Reads the CustomResourceDefinitions below a folder, of a YAML file, or of the archive of a chart (.tgz). Other documents, and
 * templates that are no YAML yet, are passed over. Throws FILE_UNREADABLE, and LINT_CRD when no definition is found.
 */
export async function readCrds(path: string): Promise<CrdVersionSchema[]> {
  const texts = await textsOf(path);
  const found = texts.flatMap(definitionsIn);
  if (found.length > 0) return found;
  const templates = texts.some((text) => text.includes('CustomResourceDefinition') && text.includes('{{'));
  throw new GlobalctlError('LINT_CRD', {
    message: `${path} holds no CustomResourceDefinition`,
    subject: path,
    expected: 'objects of apiextensions.k8s.io/v1 with a schema',
    found: `${String(texts.length)} ${texts.length === 1 ? 'file' : 'files'} without one`,
    ...(templates && {
      hint: `They are templates of a chart: helm template --include-crds ${path} > crds.yaml, and --crds crds.yaml.`,
    }),
  });
}

async function textsOf(path: string): Promise<string[]> {
  try {
    if ((await stat(path)).isDirectory()) {
      const files = await readdir(path, { recursive: true, withFileTypes: true });
      const names = files.filter((entry) => entry.isFile() && isYaml(entry.name));
      return await Promise.all(names.map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')));
    }
    return /\.(?:tgz|tar\.gz)$/.test(path) ? await textsOfArchive(path) : [await readFile(path, 'utf8')];
  } catch (cause) {
    throw new GlobalctlError('FILE_UNREADABLE', {
      message: isMissing(cause) ? `there is no ${path}` : `${path} cannot be read`,
      subject: path,
      cause,
    });
  }
}

async function textsOfArchive(path: string): Promise<string[]> {
  const { extract } = await import('tar-stream');
  const entries = extract();
  const texts: string[] = [];
  const reading = (async () => {
    for await (const entry of entries)
      if (entry.header.type === 'file' && isYaml(entry.header.name) && (entry.header.size ?? 0) <= maxFileBytes)
        texts.push((await buffer(entry)).toString('utf8'));
      else entry.resume();
  })();
  await Promise.all([pipeline(createReadStream(path), createGunzip(), entries), reading]);
  return texts;
}

function isYaml(name: string): boolean {
  return ['.yaml', '.yml', '.json'].includes(extname(name).toLowerCase());
}

function definitionsIn(text: string): CrdVersionSchema[] {
  if (!text.includes('CustomResourceDefinition')) return [];
  const documents = parseAllDocuments(text, { prettyErrors: false, uniqueKeys: false });
  if ('empty' in documents) return [];
  return documents
    .filter(({ errors }) => errors.length === 0)
    .flatMap((document) => versionsOf(document.toJS() as unknown));
}
