import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import type { ImageNode, ManifestNode, PackageTree } from '../../pack/index.ts';
import type { App, OutputFormat } from '../app.ts';
import { outputFlag } from '../options.ts';
import { formatBytes } from '../view/byte-size.ts';

/** `pack inspect`: what a package holds, as a tree. */
export function registerPackInspect(pack: Command, app: App): void {
  pack
    .command('inspect')
    .description('Show what a package holds: images, platforms, layers, sizes, and what is shared')
    .argument('<package>', 'package, OCI layout (folder or tar), docker save archive or chart')
    .addOption(outputFlag())
    .addHelpText('after', '\nExamples:\n  globalctl pack inspect cluster-api-provider-dcs.amd64.v1.0.18.tgz')
    .action(async (path: string, flags: { output: OutputFormat }) => {
      const { readConfigs, readContents, treeOf } = await import('../../pack/index.ts');
      const contents = await readContents(resolve(app.cwd, path));
      const configs = await readConfigs(contents, (problem) =>
        app.note(`not all configs can be read: ${problem.message}`),
      );
      const tree = treeOf(contents, configs);
      app.print(flags.output === 'json' ? JSON.stringify(tree, null, 2) : treeText(basename(path), tree));
    });
}

const forms = {
  package: 'package',
  layout: 'OCI layout',
  'docker-archive': 'docker save archive',
  chart: 'chart',
} as const;

function treeText(fileName: string, tree: PackageTree): string {
  const { name, version, architecture, form, images, signer, missing } = tree;
  const head = name === undefined ? fileName : `${name} ${version ?? ''} (${architecture ?? ''})`;
  const charts = images.filter((image) => image.kind === 'chart').length;
  const totals = [
    `${String(images.length - charts)} images`,
    `${String(charts)} charts`,
    formatBytes(tree.sizeBytes),
    ...(tree.savedBytes > 0 ? [`${formatBytes(tree.savedBytes)} saved by sharing`] : []),
  ];
  return [
    `${head}: ${forms[form]}, ${totals.join(', ')}`,
    ...(signer === undefined ? [] : [`signed by the key ${signer} (pack verify --key checks it)`]),
    ...missing.map((digest) => `missing: manifest ${digest}`),
    ...images.flatMap(imageLines),
  ].join('\n');
}

function imageLines(image: ImageNode): string[] {
  const { chart } = image;
  const about = chart
    ? `chart ${chart.name} ${chart.version}${chart.appVersion === undefined ? '' : `, app ${chart.appVersion}`}`
    : image.platforms.join(', ');
  const own = image.ownBytes < image.sizeBytes ? ` (${formatBytes(image.ownBytes)} its own)` : '';
  const line = [
    `${image.kind.padEnd(5)}  ${image.name}`,
    short(image.digest),
    `${formatBytes(image.sizeBytes)}${own}`,
    about,
  ];
  const [top, ...below] = image.manifests;
  const isIndex = top?.role === 'index';
  return [
    line.filter((part) => part !== '').join('  '),
    ...(top && !isIndex ? layerLines(top, '  ') : []),
    ...below.flatMap((node) => [`  ${node.platform ?? node.role}  ${short(node.digest)}`, ...layerLines(node, '    ')]),
  ];
}

function layerLines(node: ManifestNode, indent: string): string[] {
  return node.layers.map((layer) => {
    const shared = layer.images > 1 ? `  in ${String(layer.images)} images` : '';
    return `${indent}layer  ${short(layer.digest)}  ${formatBytes(layer.sizeBytes)}${shared}`;
  });
}

function short(digest: string): string {
  return digest.slice(0, 19);
}
