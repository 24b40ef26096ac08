import type { Dirent, Stats } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { GlobalctlError, readTextIfPresent } from '../../base/index.ts';
import { quoted, tarOf, type TarFile } from '../archive/index.ts';
import { packageInvalid } from '../invalid.ts';
import { LONGEST_CHART_BYTES, readChartMetadata } from './chart.ts';
import { helmIgnore } from './helm-ignore.ts';

/**
 * Archives a chart folder as `helm package` does, the same bytes for the same files whatever their times. As with Helm, a link is
 * what it points at; one that leads out of the chart would put files of this machine into a package, and is refused. Throws
 * FILE_UNREADABLE, or PACKAGE_INVALID for what is no chart.
 */
export async function packChartFolder(folder: string): Promise<Buffer> {
  const ignored = helmIgnore((await readTextIfPresent(join(folder, '.helmignore'))) ?? '');
  const files = new Map<string, Buffer>();
  let sizeBytes = 0;
  const visit = async (below: string, above: readonly string[]): Promise<void> => {
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
      const { kind, place } = await follow(folder, path, entry);
      if (kind.isDirectory()) {
        if (above.includes(place))
          throw packageInvalid(folder, `${quoted(path)} is a link to a folder that it lies in`);
        if (!ignored(path, true)) await visit(path, [...above, place]);
      } else if (kind.isFile()) {
        const content = await readFile(join(folder, path));
        sizeBytes += content.length;
        if (sizeBytes > LONGEST_CHART_BYTES) throw packageInvalid(folder, 'a chart of more than 100 MiB');
        files.set(path, content);
      } else throw packageInvalid(folder, `${quoted(path)} is a device or the like; a chart holds files only`);
    }
  };
  await visit('', [await realpath(folder).catch(() => folder)]);
  if (!files.has('Chart.yaml')) throw packageInvalid(folder, 'is no chart: it holds no Chart.yaml');
  const { name } = readChartMetadata(files, folder);
  const tarFiles = [...files].map(([path, content]): TarFile => ({ path: `${name}/${path}`, content }));
  return gzipSync(await tarOf(tarFiles));
}

/** What stands at a path of a chart, links followed, and where. Throws PACKAGE_INVALID for a link to nothing or out of the chart. */
async function follow(
  folder: string,
  path: string,
  entry: Dirent,
): Promise<{ readonly kind: Dirent | Stats; readonly place: string }> {
  const full = join(folder, path);
  const place = await realpath(full).catch(() => undefined);
  if (place === undefined) throw packageInvalid(folder, `${quoted(path)} is a link to nothing`);
  if (!entry.isSymbolicLink()) return { kind: entry, place };
  if (!place.startsWith(`${await realpath(folder)}${sep}`))
    throw packageInvalid(folder, `${quoted(path)} is a link that leads out of the chart`, {
      found: place,
      hint: 'Put what it points at into the chart: cp -rL copies without links.',
    });
  return { kind: await stat(full), place };
}
