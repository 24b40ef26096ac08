import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { GlobalctlError } from '../../base/index.ts';
import type { PackagedImage, PushPlan, RegistryClient, UploadJournal } from '../../pack/index.ts';
import type { App, OutputFormat } from '../app.ts';
import { flag, outputFlag } from '../options.ts';
import { uploadsFolder } from '../rehearsal/folders.ts';
import { registryAccess, registryFlags, type RegistryFlags } from '../registry-flags.ts';
import { formatBytes } from '../view/byte-size.ts';
import { formatPushPlan, pushPlanJson } from '../view/push-plan.ts';
import { pushView } from '../view/push-view.ts';

export interface PushFlags extends RegistryFlags {
  readonly package: string;
  readonly plan?: boolean;
  readonly sideLoad?: string;
  readonly output: OutputFormat;
}

/** `pack push`: a package into a registry. */
export function registerPackPush(pack: Command, app: App): void {
  pushFlags(pack.command('push').description('Push a package into a registry: only what it lacks, tags last'))
    .addHelpText(
      'after',
      `
A push that was broken off goes on where it stopped when it is run again; what is needed for that lies in
~/.local/state/globalctl/uploads and holds no secrets. --side-load is for a docker-registry on this host: the files of the
package become its own without being sent; the package's folder must not be written to afterwards.

The login's password is read from GLOBALCTL_REGISTRY_PASSWORD, a proxy from GLOBALCTL_PROXY, HTTPS_PROXY or ALL_PROXY.

Examples:
  globalctl pack push -r 127.0.0.1:11443 -c /root/cluster-api-provider-dcs.amd64.v1.0.18.tgz
  globalctl pack push -r registry.example.com -c big.amd64.v1.0.0.tgz --plan
  globalctl pack push -r 127.0.0.1:5000 -c big.amd64.v1.0.0.tgz --side-load /var/lib/docker-registry`,
    )
    .action((flags: PushFlags) => runPush(app, flags));
}

/** Flags of a push; `-r` and `-c` are the guide's. */
export function pushFlags(command: Command): Command {
  return registryFlags(command)
    .addOption(flag('-c, --package <file>', 'the package').makeOptionMandatory())
    .addOption(flag('--plan', 'say what would be sent, mounted and skipped, and change nothing'))
    .addOption(flag('--side-load <dir>', 'storage folder of a docker-registry on this host, to put the content into'))
    .addOption(outputFlag());
}

/** Pushes and says so, a line for each image; the answer on stdout is one line, or the counts as JSON. */
export async function runPush(app: App, flags: PushFlags): Promise<void> {
  if (flags.plan && flags.sideLoad !== undefined)
    throw new GlobalctlError('USAGE', { message: '--plan says what a push would send; --side-load sends nothing' });
  const [{ planPush }, { RegistryClient }] = await Promise.all([
    import('../../pack/push/index.ts'),
    import('../../pack/registry/index.ts'),
  ]);
  const client = new RegistryClient(await registryAccess(app, flags));
  const journal = await openJournal(app, flags.registry);
  const task = { path: resolve(app.cwd, flags.package), client, journal, clock: app.clock, signal: app.signal };
  try {
    if (flags.plan) printPlan(app, flags, await planPush(task));
    else await pushNow(app, flags, task);
  } finally {
    journal?.close();
    await client.close();
  }
}

interface PushTask {
  readonly path: string;
  readonly client: RegistryClient;
  readonly journal: UploadJournal | undefined;
  readonly clock: App['clock'];
  readonly signal: AbortSignal;
}

async function pushNow(app: App, flags: PushFlags, task: PushTask): Promise<void> {
  const { imageLabel, pushPackage, sideLoad } = await import('../../pack/push/index.ts');
  const name = basename(flags.package);
  const startedMs = app.clock.now();
  const view = pushView(app, { title: `Push ${name} to ${flags.registry}`, subject: name });
  const watched = {
    ...task,
    onProgress: view.progress,
    onImage: (image: PackagedImage, outcome: string) => view.image(`${outcome} ${flags.registry}/${imageLabel(image)}`),
  };
  try {
    const { contents, ...counts } =
      flags.sideLoad === undefined
        ? await pushPackage(watched)
        : await sideLoad({ ...watched, folder: resolve(app.cwd, flags.sideLoad) });
    view.close();
    const durationMs = app.clock.now() - startedMs;
    if (flags.output === 'json')
      return app.print(JSON.stringify({ ...counts, images: contents.images.length, durationMs }));
    const way =
      'uploadedBytes' in counts
        ? `${formatBytes(counts.uploadedBytes)} sent`
        : `${String(counts.linkedBlobs)} blobs linked, ${formatBytes(counts.copiedBytes)} copied`;
    app.print(
      `${name}: ${String(counts.pushedImages)} pushed, ${String(counts.presentImages)} present, ` +
        `${way} in ${(durationMs / 1000).toFixed(1)} s`,
    );
  } catch (error) {
    view.close({ error });
    throw error;
  }
}

function printPlan(app: App, flags: PushFlags, plan: PushPlan): void {
  app.print(flags.output === 'json' ? JSON.stringify(pushPlanJson(plan), null, 2) : formatPushPlan(plan));
}

/** A push that cannot be remembered is a push all the same. */
async function openJournal(app: App, registry: string): Promise<UploadJournal | undefined> {
  const { UploadJournal } = await import('../../pack/push/index.ts');
  const folder = uploadsFolder(app.env);
  try {
    return await UploadJournal.open(folder, registry);
  } catch (error) {
    app.note(
      `a push that is broken off will start over: ${folder}: ${error instanceof Error ? error.message : String(error)}`,
    );
    return undefined;
  }
}
