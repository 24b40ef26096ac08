import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { GlobalctlError, readTextIfPresent } from '../../base/index.ts';
import { quoted, tarOf, type TarFile } from '../archive/index.ts';
import { packageInvalid } from '../invalid.ts';
import { LONGEST_CHART_BYTES, readChartMetadata } from './chart.ts';
import { helmIgnore } from './helm-ignore.ts';

/**
 * Archives a chart folder as `helm package` does, the same bytes for the same files whatever their times. Throws FILE_UNREADABLE,
 * or PACKAGE_INVALID for what is no chart or holds links.
 */
export async function packChartFolder(folder: string): Promise<Buffer> {
  const ignored = helmIgnore((await readTextIfPresent(join(folder, '.helmignore'))) ?? '');
  const files = new Map<string, Buffer>();
  let sizeBytes = 0;
  const visit = async (below: string): Promise<void> => {
    const entries = await readdir(join(folder, below), { withFileTypes: true }).catch((cause: unknown) => {
      throw new GlobalctlError('FILE_UNREADABLE', {
        message: `cannot read the folder ${folder}`,
        subject: folder,
        cause,
      });
    });
    for (const entry of entries) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (ignored(path, entry.isDirectory())) continue;
      if (entry.isDirectory()) await visit(path);
      else if (entry.isFile()) {
        const content = await readFile(join(folder, path));
        sizeBytes += content.length;
        if (sizeBytes > LONGEST_CHART_BYTES) throw packageInvalid(folder, 'a chart of more than 100 MiB');
        files.set(path, content);
      } else throw packageInvalid(folder, `${quoted(path)} is a link or device; a chart holds files only`);
    }
  };
  await visit('');
  if (!files.has('Chart.yaml')) throw packageInvalid(folder, 'is no chart: it holds no Chart.yaml');
  const { name } = readChartMetadata(files, folder);
  const tarFiles = [...files].map(([path, content]): TarFile => ({ path: `${name}/${path}`, content }));
  return gzipSync(await tarOf(tarFiles));
}
