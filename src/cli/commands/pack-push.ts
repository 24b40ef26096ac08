import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import type { App, OutputFormat } from '../app.ts';
import { flag, outputFlag } from '../options.ts';
import { registryAccess, registryFlags, type RegistryFlags } from '../registry-flags.ts';
import { formatBytes } from '../view/byte-size.ts';

export interface PushFlags extends RegistryFlags {
  readonly package: string;
  readonly output: OutputFormat;
}

/** `pack push`: a package into a registry. */
export function registerPackPush(pack: Command, app: App): void {
  pushFlags(pack.command('push').description('Push a package into a registry: only what it lacks, tags last'))
    .addHelpText(
      'after',
      `
The login's password is read from GLOBALCTL_REGISTRY_PASSWORD, a proxy from GLOBALCTL_PROXY, HTTPS_PROXY or ALL_PROXY.

Examples:
  globalctl pack push -r 127.0.0.1:11443 -c /root/cluster-api-provider-dcs.amd64.v1.0.18.tgz`,
    )
    .action((flags: PushFlags) => runPush(app, flags));
}

/** Flags of a push; `-r` and `-c` are the guide's. */
export function pushFlags(command: Command): Command {
  return registryFlags(command)
    .addOption(flag('-c, --package <file>', 'the package').makeOptionMandatory())
    .addOption(outputFlag());
}

/** Pushes and says so, a line for each image; the answer on stdout is one line, or the counts as JSON. */
export async function runPush(app: App, flags: PushFlags): Promise<void> {
  const { imageLabel, pushPackage, RegistryClient } = await import('../../pack/index.ts');
  const client = new RegistryClient(await registryAccess(app, flags));
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
        `${formatBytes(counts.uploadedBytes)} sent in ${(durationMs / 1000).toFixed(1)} s`,
    );
  } finally {
    await client.close();
  }
}
