import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import type { PackageContents } from '../../pack/index.ts';
import type { App, OutputFormat } from '../app.ts';
import { outputFlag } from '../options.ts';
import { registryAccess, registryFlags, type RegistryFlags } from '../registry-flags.ts';
import { formatBytes } from '../view/byte-size.ts';
import { registerPackPush } from './pack-push.ts';

/** `pack`: what is done with a package file and a registry by hand. */
export function registerPack(program: Command, app: App): void {
  const pack = program.command('pack').description('Look into packages, check them, push them into a registry');

  pack
    .command('inspect')
    .description('Show what a package holds')
    .argument('<package>', 'package file, or folder of an OCI layout')
    .addOption(outputFlag())
    .addHelpText('after', examples('globalctl pack inspect cluster-api-provider-dcs.amd64.v1.0.18.tgz'))
    .action(async (path: string, flags: { output: OutputFormat }) => {
      const { readPackage } = await import('../../pack/index.ts');
      const contents = await readPackage(resolve(app.cwd, path));
      app.print(flags.output === 'json' ? JSON.stringify(toJson(contents), null, 2) : toText(contents));
    });

  pack
    .command('verify')
    .description('Read all of a package and check every digest')
    .argument('<package>', 'package file, or folder of an OCI layout')
    .addOption(outputFlag())
    .addHelpText('after', examples('globalctl pack verify cluster-api-provider-dcs.amd64.v1.0.18.tgz'))
    .action(async (path: string, flags: { output: OutputFormat }) => {
      const { verifyPackage } = await import('../../pack/index.ts');
      const verified = await verifyPackage(resolve(app.cwd, path));
      if (flags.output === 'json') return app.print(JSON.stringify(verified));
      const { images, blobs, sizeBytes } = verified;
      app.print(
        `${basename(path)} is sound: ${String(images)} images and charts, ${String(blobs)} blobs, ${formatBytes(sizeBytes)}`,
      );
    });

  registerPackPush(pack, app);

  registryFlags(pack.command('list').description('List what a registry holds'))
    .addOption(outputFlag())
    .addHelpText('after', examples('globalctl pack list -r 127.0.0.1:11443'))
    .action(async (flags: RegistryFlags & { output: OutputFormat }) => {
      const { RegistryClient } = await import('../../pack/index.ts');
      const client = new RegistryClient(await registryAccess(app, flags));
      try {
        const names: string[] = [];
        for (const repository of await client.listRepositories(app.signal))
          for (const tag of await client.listTags(repository, app.signal)) names.push(`${repository}:${tag}`);
        app.print(flags.output === 'json' ? JSON.stringify(names, null, 2) : names.join('\n'));
      } finally {
        await client.close();
      }
    });
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

function toJson(contents: PackageContents): unknown {
  const { name, architecture, version, images, blobs } = contents;
  const sizeBytes = [...blobs.values()].reduce((sum, blob) => sum + blob.size, 0);
  return {
    name,
    architecture,
    version,
    sizeBytes,
    images: images.map((image) => ({
      kind: image.kind,
      ...image.name,
      digest: image.top.digest,
      platforms: image.platforms,
    })),
  };
}

function toText(contents: PackageContents): string {
  const { name, architecture, version, images, blobs } = contents;
  const sizeBytes = [...blobs.values()].reduce((sum, blob) => sum + blob.size, 0);
  const head = name === undefined ? basename(contents.path) : `${name} ${version ?? ''} (${architecture ?? ''})`;
  return [
    `${head}: ${String(images.length)} images and charts, ${formatBytes(sizeBytes)}`,
    ...images.map(
      (image) =>
        `  ${image.kind.padEnd(5)}  ${image.name.repository}:${image.name.tag}  ${image.top.digest.slice(0, 19)}`,
    ),
  ].join('\n');
}
