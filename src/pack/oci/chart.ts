import { gzipSync } from 'node:zlib';
import { parse, stringify } from 'yaml';
import { bytesSource, compressionOf, decompress, quoted, readTar, tarOf, type TarFile } from '../archive/index.ts';
import { packageInvalid } from '../invalid.ts';
import { blobOf, mediaTypes } from './descriptor.ts';
import { artifactOf, type Artifact } from './image.ts';
import { chartTag, isRepository, isTag } from './reference.ts';

/** Charts are unpacked in memory; Helm's own limit is 100 MiB in all. */
export const LONGEST_CHART_BYTES = 100 * 1024 * 1024;

export interface ChartOptions {
  /** `name` of Chart.yaml: the last part of the repository. */
  readonly name: string;
  readonly version: string;
  readonly appVersion?: string | undefined;
  readonly description?: string | undefined;
  readonly values?: Readonly<Record<string, unknown>> | undefined;
  /** Files below the chart's folder: `templates/deployment.yaml`, `crds/x.yaml`. */
  readonly files: readonly TarFile[];
}

/** A chart archive as `helm package` writes it, the same bytes for the same input. */
export async function createChartArchive(options: ChartOptions): Promise<Buffer> {
  const chart = {
    apiVersion: 'v2',
    name: options.name,
    version: options.version,
    type: 'application',
    ...(options.appVersion !== undefined && { appVersion: options.appVersion }),
    ...(options.description !== undefined && { description: options.description }),
  };
  const files: TarFile[] = [
    { path: 'Chart.yaml', content: stringify(chart) },
    { path: 'values.yaml', content: stringify(options.values ?? {}) },
    ...options.files,
  ];
  return gzipSync(await tarOf(files.map((file) => ({ ...file, path: `${options.name}/${file.path}` }))));
}

/**
 * The files of a chart archive by path below the chart's folder. Throws PACKAGE_INVALID, also for what Helm itself refuses:
 * more than 100 MiB, or paths that lead out of the chart.
 */
export async function readChartArchive(archive: Uint8Array, where: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  if (compressionOf(archive) !== 'gzip')
    throw packageInvalid(where, 'the chart archive cannot be read: it is not gzip');
  let sizeBytes = 0;
  for await (const { path, link, content } of readTar(decompress(bytesSource(archive), 'gzip', where), where)) {
    const slash = path.indexOf('/');
    if (link) throw packageInvalid(where, `the chart archive holds a link, ${quoted(path)}`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) {
      sizeBytes += chunk.length;
      if (sizeBytes > LONGEST_CHART_BYTES) throw packageInvalid(where, 'the chart unpacks to more than 100 MiB');
      chunks.push(chunk);
    }
    if (slash <= 0) continue;
    const name = path.slice(slash + 1);
    if (files.has(name)) throw packageInvalid(where, `the chart archive holds ${quoted(path)} twice`);
    files.set(name, Buffer.concat(chunks));
  }
  if (!files.has('Chart.yaml')) throw packageInvalid(where, 'the chart archive holds no Chart.yaml');
  return files;
}

/** `name` and `version` of a chart's Chart.yaml, and everything else in it. Throws PACKAGE_INVALID. */
export function readChartMetadata(
  files: ReadonlyMap<string, Uint8Array>,
  where: string,
): Record<string, unknown> & { readonly name: string; readonly version: string } {
  let metadata: unknown;
  try {
    metadata = parse(Buffer.from(files.get('Chart.yaml') ?? '').toString('utf8'));
  } catch {
    metadata = undefined;
  }
  const { name, version } = (metadata ?? {}) as Record<string, unknown>;
  if (typeof name !== 'string' || typeof version !== 'string')
    throw packageInvalid(where, 'Chart.yaml states no name and version');
  return { ...(metadata as Record<string, unknown>), name, version };
}

/**
 * The OCI artifact of a chart under the wanted repository (its own name when undefined), tagged with its version, as `helm push` makes
 * it. `where` names the archive in errors.
 */
export async function chartArtifact(
  wanted: string | undefined,
  archive: Uint8Array,
  where = wanted ?? 'chart',
): Promise<Artifact> {
  const metadata = readChartMetadata(await readChartArchive(archive, where), where);
  const repository = wanted ?? metadata.name;
  if (!isRepository(repository) || !isTag(chartTag(metadata.version)))
    throw packageInvalid(where, 'registries do not take the name or version of the chart', {
      expected: 'a name in lower case, and a version that is a tag when + becomes _',
      found: `${metadata.name} ${metadata.version}`,
    });
  const config = blobOf(mediaTypes.chartConfig, JSON.stringify(metadata));
  return artifactOf({ repository, tag: chartTag(metadata.version) }, config, [blobOf(mediaTypes.chart, archive)], {
    'org.opencontainers.image.title': metadata.name,
    'org.opencontainers.image.version': metadata.version,
  });
}
