import { gunzipSync, gzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { parse, stringify } from 'yaml';
import { GlobalctlError } from '../../base/index.ts';
import { blobOf, mediaTypes } from './descriptor.ts';
import { artifactOf, type Artifact } from './image.ts';
import { chartTag } from './reference.ts';
import { tarOf, type TarFile } from './tar-writer.ts';

/** Charts are unpacked in memory; Helm's own limit is 100 MiB in all. */
const LONGEST_CHART_BYTES = 100 * 1024 * 1024;

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

/** The files of a chart archive by path below the chart's folder. Throws PACKAGE_INVALID. */
export async function readChartArchive(archive: Uint8Array, where: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  try {
    const entries = extract();
    entries.end(gunzipSync(archive, { maxOutputLength: LONGEST_CHART_BYTES }));
    for await (const entry of entries) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
      const slash = entry.header.name.indexOf('/');
      if (entry.header.type === 'file' && slash > 0)
        files.set(entry.header.name.slice(slash + 1), Buffer.concat(chunks));
    }
  } catch (error) {
    throw new GlobalctlError('PACKAGE_INVALID', {
      message: `${where}: the chart archive cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      subject: where,
      cause: error,
    });
  }
  if (!files.has('Chart.yaml'))
    throw new GlobalctlError('PACKAGE_INVALID', {
      message: `${where}: the chart archive holds no Chart.yaml`,
      subject: where,
    });
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
    throw new GlobalctlError('PACKAGE_INVALID', {
      message: `${where}: Chart.yaml states no name and version`,
      subject: where,
    });
  return { ...(metadata as Record<string, unknown>), name, version };
}

/** The OCI artifact of a chart under `repository`, tagged with its version, as `helm push` makes it. */
export async function chartArtifact(repository: string, archive: Uint8Array): Promise<Artifact> {
  const metadata = readChartMetadata(await readChartArchive(archive, repository), repository);
  const config = blobOf(mediaTypes.chartConfig, JSON.stringify(metadata));
  return artifactOf({ repository, tag: chartTag(metadata.version) }, config, [blobOf(mediaTypes.chart, archive)], {
    'org.opencontainers.image.title': metadata.name,
    'org.opencontainers.image.version': metadata.version,
  });
}
