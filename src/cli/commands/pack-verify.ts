import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { GlobalctlError } from '../../base/index.ts';
import type { PackageReport } from '../../pack/index.ts';
import type { App, OutputFormat } from '../app.ts';
import { flag, outputFlag } from '../options.ts';
import { formatBytes } from '../view/byte-size.ts';

interface VerifyFlags {
  readonly key?: string;
  readonly architecture?: string;
  readonly diffIds: boolean;
  readonly output: OutputFormat;
}

/** `pack verify`: all that is wrong with a package, or that nothing is. */
export function registerPackVerify(pack: Command, app: App): void {
  pack
    .command('verify')
    .description('Read all of a package and check every digest and size, and the signature when a key is given')
    .argument('<package>', 'package, OCI layout (folder or tar), docker save archive or chart')
    .addOption(flag('--key <file>', 'public key in PEM that the package must be signed with'))
    .addOption(flag('--architecture <name>', 'what every image must run on').choices(['amd64', 'arm64']))
    .addOption(flag('--diff-ids', 'unpack every layer, and compare with the config of its image').default(false))
    .addOption(outputFlag())
    .addHelpText(
      'after',
      `
Everything that is wrong is listed; the exit code is 0 for a sound package and 9 for any other.

Examples:
  globalctl pack verify cluster-api-provider-dcs.amd64.v1.0.18.tgz
  globalctl pack verify --key release.pub --architecture amd64 cluster-api-provider-dcs.amd64.v1.0.18.tgz`,
    )
    .action((path: string, flags: VerifyFlags) => verify(app, path, flags));
}

async function verify(app: App, path: string, flags: VerifyFlags): Promise<void> {
  const { asOneError, inspectSoundness, readPublicKey } = await import('../../pack/index.ts');
  const key = flags.key === undefined ? undefined : readPublicKey(await readKey(app, flags.key), basename(flags.key));
  const { architecture, diffIds } = flags;
  const report = await inspectSoundness(resolve(app.cwd, path), { key, architecture, diffIds });
  if (flags.output === 'json') app.print(JSON.stringify(toJson(report), null, 2));
  if (report.problems.length > 0) throw asOneError(path, report.problems);
  if (flags.output === 'json') return;
  const { images, blobs, sizeBytes, signedBy } = report;
  const counts = `${String(images)} images and charts, ${String(blobs)} blobs, ${formatBytes(sizeBytes)}`;
  app.print(`${basename(path)} is sound: ${counts}${signedBy === undefined ? '' : `, signed by ${signedBy}`}`);
}

function toJson({ problems, ...report }: PackageReport): unknown {
  return { isSound: problems.length === 0, ...report, problems };
}

async function readKey(app: App, path: string): Promise<string> {
  try {
    return await readFile(resolve(app.cwd, path), 'utf8');
  } catch (cause) {
    throw new GlobalctlError('FILE_UNREADABLE', { message: `cannot read the key ${path}`, subject: path, cause });
  }
}
