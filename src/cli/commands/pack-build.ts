import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { GlobalctlError } from '../../base/index.ts';
import type { RegistryClient } from '../../pack/index.ts';
import type { App, OutputFormat } from '../app.ts';
import { flag, outputFlag } from '../options.ts';
import { registryAccess, registryLoginFlags, type RegistryFlags } from '../registry-flags.ts';
import { formatBytes } from '../view/byte-size.ts';
import type { PackFile } from '../pack-file/index.ts';

interface BuildFlags extends Omit<RegistryFlags, 'registry'> {
  readonly filename: string;
  readonly signKey?: string;
  readonly output: OutputFormat;
}

/** `pack build`: a package of the images and charts that a pack.yaml names. */
export function registerPackBuild(pack: Command, app: App): void {
  registryLoginFlags(pack.command('build').description('Make a package of images and charts'))
    .addOption(flag('-f, --filename <file>', 'the pack.yaml').makeOptionMandatory())
    .addOption(flag('--sign-key <file>', 'private key in PEM (Ed25519 or ECDSA P-256) to sign the package with'))
    .addOption(outputFlag())
    .addHelpText(
      'after',
      `
The registry flags are for images that pack.yaml takes from a registry (from: docker://HOST/REPOSITORY:TAG); the login's password
is read from GLOBALCTL_REGISTRY_PASSWORD.

Examples:
  globalctl pack build -f pack.yaml
  openssl genpkey -algorithm ed25519 -out release.key
  globalctl pack build -f pack.yaml --sign-key release.key`,
    )
    .action((flags: BuildFlags) => build(app, flags));
}

async function build(app: App, flags: BuildFlags): Promise<void> {
  const [{ gatherSources, readPackFile }, { buildPackage, packageFileName, readContents, RegistryClient }] =
    await Promise.all([import('../pack-file/index.ts'), import('../../pack/index.ts')]);
  const file = await readPackFile(resolve(app.cwd, flags.filename));
  const signWith = await readSignKey(app, flags.signKey);
  const clients = new Map<string, RegistryClient>();
  try {
    const sources = await gatherSources(file, {
      signal: app.signal,
      clientOf: async (address) => {
        const client =
          clients.get(address) ?? new RegistryClient(await registryAccess(app, { ...flags, registry: address }));
        clients.set(address, client);
        return client;
      },
    });
    const path = await outputPath(file, packageFileName(file));
    await buildPackage({ ...file, sources, signWith, path, signal: app.signal });
    const contents = await readContents(path);
    const { size } = await stat(path);
    if (flags.output === 'json')
      return app.print(
        JSON.stringify({
          path,
          sizeBytes: size,
          images: contents.images.length,
          blobs: contents.blobs.size,
          signer: contents.signer,
        }),
      );
    app.note(
      `${String(contents.images.length)} images and charts, ${String(contents.blobs.size)} blobs, ${formatBytes(size)}`,
    );
    app.print(path);
  } finally {
    for (const client of clients.values()) await client.close();
  }
}

async function readSignKey(app: App, path: string | undefined): Promise<{ pem: string; where: string } | undefined> {
  if (path === undefined) return undefined;
  try {
    return { pem: await readFile(resolve(app.cwd, path), 'utf8'), where: basename(path) };
  } catch (cause) {
    throw new GlobalctlError('FILE_UNREADABLE', { message: `cannot read the key ${path}`, subject: path, cause });
  }
}

/** `output` of pack.yaml: a file that ends in .tgz, or a folder for a file of the usual name. */
async function outputPath(file: PackFile, name: string): Promise<string> {
  const path = resolve(file.folder, file.output ?? '.');
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
  if (!isFolder && path.endsWith('.tgz')) return path;
  return join(path, name);
}
