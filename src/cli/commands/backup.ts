import { join, resolve } from 'node:path';
import type { Command, Option } from 'commander';
import { GlobalctlError } from '../../base/index.ts';
import type { Installation } from '../../install/index.ts';
import type { KubeClient } from '../../kube/index.ts';
import type { LoadedSite } from '../../site/index.ts';
import type { App, OutputFormat } from '../app.ts';
import { flag, kubeconfigFlag, outputFlag, rehearsalFlags, siteFlag } from '../options.ts';
import type { TargetFlags } from '../rehearsal/open-installation.ts';

interface BackupFlags extends TargetFlags {
  readonly cluster: ClusterName;
  readonly to?: string;
  readonly passphrase?: string;
  readonly output: OutputFormat;
}

export type ClusterName = 'minialauda' | 'global';

export const clusterFlag = (description: string): Option =>
  flag('--cluster <name>', description).choices(['minialauda', 'global']).default('minialauda');

export const passphraseFlag = (description: string): Option => flag('--passphrase <reference>', description);

export function registerBackup(program: Command, app: App): void {
  program
    .command('backup')
    .description('Write the Cluster API objects, AppReleases, Secrets and ConfigMaps of a cluster into one archive')
    .addOption(siteFlag())
    .addOption(clusterFlag('which cluster'))
    .addOption(flag('--to <file>', 'the archive; below the state folder of the installation when absent'))
    .addOption(passphraseFlag('encrypt the archive with it: env:NAME or file:PATH'))
    .addOption(outputFlag())
    .addOption(kubeconfigFlag())
    .addOption(rehearsalFlags()[0])
    .addOption(rehearsalFlags()[1])
    .addHelpText(
      'after',
      `
The archive is a tar.gz of mode 0600: a JSON file an object, with uid, status and owners, and a manifest with the sha256 of
each. It holds Secrets; without --passphrase they lie in it in clear.

Examples:
  globalctl backup -f site.yaml
  globalctl backup -f site.yaml --cluster global --to global.tar.gz.sealed --passphrase file:backup.key
  globalctl restore global.tar.gz.sealed -f site.yaml --cluster global --passphrase file:backup.key --dry-run`,
    )
    .action(async (flags: BackupFlags) => {
      await backup(app, flags);
    });
}

async function backup(app: App, flags: BackupFlags): Promise<void> {
  const [{ Installation }, { openTarget }, { writeBackup }] = await Promise.all([
    import('../../install/index.ts'),
    import('../rehearsal/open-installation.ts'),
    import('../../platform/backup/index.ts'),
  ]);
  const target = await openTarget(app, flags, app.redactor);
  const passphrase = await passphraseOf(target.loaded, flags.passphrase);
  await using installation = new Installation(target);
  const client = await clusterOf(installation, flags.cluster);
  const nowMs = app.clock.now();
  const time = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const name = `${flags.cluster}-${time}.tar.gz${passphrase === undefined ? '' : '.sealed'}`;
  const path = flags.to === undefined ? join(installation.backupFolder, name) : resolve(app.cwd, flags.to);
  const { objects } = await writeBackup({ client, path, passphrase, nowMs, signal: app.signal });
  if (passphrase === undefined) app.note('the archive holds Secrets in clear; --passphrase encrypts it');
  const encrypted = passphrase !== undefined;
  if (flags.output === 'json')
    app.print(JSON.stringify({ path, cluster: flags.cluster, objects: objects.length, encrypted }, null, 2));
  else app.print(`${path}: ${String(objects.length)} objects of ${flags.cluster}${encrypted ? ', encrypted' : ''}`);
}

/** The cluster that was named. Throws KUBE_UNREACHABLE when it does not answer, or does not exist yet. */
export async function clusterOf(installation: Installation, name: ClusterName): Promise<KubeClient> {
  const { clusters, signal } = installation.context;
  const client = name === 'minialauda' ? await clusters.bootstrapIfUp(signal) : await clusters.global(signal);
  if (client) return client;
  throw new GlobalctlError('KUBE_UNREACHABLE', {
    message: name === 'minialauda' ? 'the API of minialauda does not answer' : 'there is no kubeconfig of global yet',
    subject: name,
  });
}

/** Reads the passphrase. Throws USAGE for a plain value, which is never repeated. */
export async function passphraseOf(loaded: LoadedSite, reference: string | undefined): Promise<string | undefined> {
  if (reference === undefined) return undefined;
  // Loaded here: what commands import at the top, every start of the program pays for.
  const { isSecretReference } = await import('../../site/index.ts');
  if (!isSecretReference(reference))
    throw new GlobalctlError('USAGE', {
      message: '--passphrase takes a reference, and not the passphrase itself: whoever lists processes would read it',
      expected: 'env:NAME or file:PATH',
    });
  return await loaded.resolveSecret(reference);
}
