import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { GlobalctlError } from '../../base/index.ts';
import type { PackageContents, RegistryAccess } from '../../pack/index.ts';
import type { App, OutputFormat } from '../app.ts';
import { flag, outputFlag } from '../options.ts';

interface RegistryFlags {
  readonly registry: string;
  readonly registryUsername?: string;
  readonly plainHttp?: boolean;
  readonly insecure?: boolean;
  readonly caFile?: string;
}

export interface PushFlags extends RegistryFlags {
  readonly package: string;
  readonly output: OutputFormat;
}

/** `pack inspect|verify|push|list`: what is done with a package file and a registry by hand. */
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
        `${basename(path)} is sound: ${String(images)} images and charts, ${String(blobs)} blobs, ${megabytes(sizeBytes)}`,
      );
    });

  pushFlags(pack.command('push').description('Push a package into a registry: only what it lacks, tags last'))
    .addHelpText(
      'after',
      `
The login's password is read from GLOBALCTL_REGISTRY_PASSWORD, a proxy from GLOBALCTL_PROXY, HTTPS_PROXY or ALL_PROXY.

Examples:
  globalctl pack push -r 127.0.0.1:11443 -c /root/cluster-api-provider-dcs.amd64.v1.0.18.tgz`,
    )
    .action((flags: PushFlags) => runPush(app, flags));

  registryFlags(pack.command('list').description('List what a registry holds'))
    .addOption(outputFlag())
    .addHelpText('after', examples('globalctl pack list -r 127.0.0.1:11443'))
    .action(async (flags: RegistryFlags & { output: OutputFormat }) => {
      const { RegistryClient } = await import('../../pack/index.ts');
      const client = new RegistryClient(await accessOf(app, flags));
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

/** Flags of a push; `-r` and `-c` are the guide's. */
export function pushFlags(command: Command): Command {
  return registryFlags(command)
    .addOption(flag('-c, --package <file>', 'the package').makeOptionMandatory())
    .addOption(outputFlag());
}

function registryFlags(command: Command): Command {
  return command
    .addOption(flag('-r, --registry <host:port>', 'the registry, without scheme and path').makeOptionMandatory())
    .addOption(flag('--registry-username <name>', 'login of the registry'))
    .addOption(flag('--plain-http', 'speak HTTP without TLS; on loopback it is found out by itself'))
    .addOption(flag('--insecure', 'accept any certificate, or none'))
    .addOption(flag('--ca-file <file>', 'certificate authority of the registry, in PEM'));
}

async function accessOf(app: App, flags: RegistryFlags): Promise<RegistryAccess> {
  const { parseRegistryAddress, proxyFromEnvironment } = await import('../../pack/index.ts');
  parseRegistryAddress(flags.registry);
  return {
    address: flags.registry,
    scheme: flags.plainHttp ? 'http' : 'auto',
    insecure: flags.insecure ?? false,
    username: flags.registryUsername,
    password: app.env['GLOBALCTL_REGISTRY_PASSWORD'],
    proxyUrl: proxyFromEnvironment(flags.registry, app.env),
    ...(flags.caFile !== undefined && { caPem: await readCa(resolve(app.cwd, flags.caFile)) }),
  };
}

async function readCa(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new GlobalctlError('FILE_UNREADABLE', { message: `cannot read ${path}`, subject: path, cause: error });
  }
}

/** Pushes and says so, a line for each image; the answer on stdout is one line, or the counts as JSON. */
export async function runPush(app: App, flags: PushFlags): Promise<void> {
  const { imageLabel, pushPackage, RegistryClient } = await import('../../pack/index.ts');
  const client = new RegistryClient(await accessOf(app, flags));
  const startedMs = app.clock.now();
  try {
    const { contents, ...counts } = await pushPackage({
      path: resolve(app.cwd, flags.package),
      client,
      clock: app.clock,
      signal: app.signal,
      onImage: (image, outcome) => app.note(`${outcome} ${flags.registry}/${imageLabel(image)}`),
    });
    const durationMs = app.clock.now() - startedMs;
    if (flags.output === 'json')
      return app.print(JSON.stringify({ ...counts, images: contents.images.length, durationMs }));
    app.print(
      `${basename(flags.package)}: ${String(counts.pushedImages)} pushed, ${String(counts.presentImages)} present, ` +
        `${megabytes(counts.uploadedBytes)} sent in ${(durationMs / 1000).toFixed(1)} s`,
    );
  } finally {
    await client.close();
  }
}

function megabytes(bytes: number): string {
  return bytes < 100_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
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
    `${head}: ${String(images.length)} images and charts, ${megabytes(sizeBytes)}`,
    ...images.map(
      (image) =>
        `  ${image.kind.padEnd(5)}  ${image.name.repository}:${image.name.tag}  ${image.top.digest.slice(0, 19)}`,
    ),
  ].join('\n');
}
