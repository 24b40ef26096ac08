import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { GlobalctlError } from '../../base/index.ts';
import type { KeyValueStore } from '../../etcd/index.ts';
import type { App, OutputFormat } from '../app.ts';
import { confirm } from '../ask.ts';
import { flag, kubeconfigFlag, outputFlag, rehearsalFlags, siteFlag, yesFlag } from '../options.ts';
import type { TargetFlags } from '../rehearsal/open-installation.ts';
import { formatRestorePlan, restorePlanJson } from '../view/restore-plan.ts';
import { clusterFlag, clusterOf, passphraseFlag, passphraseOf, type ClusterName } from './backup.ts';

interface RestoreFlags extends TargetFlags {
  readonly cluster: ClusterName;
  readonly passphrase?: string;
  readonly dryRun: boolean;
  readonly targetEtcd?: string;
  readonly targetEtcdCa?: string;
  readonly targetEtcdCert?: string;
  readonly targetEtcdKey?: string;
  readonly yes: boolean;
  readonly output: OutputFormat;
}

export function registerRestore(program: Command, app: App): void {
  program
    .command('restore')
    .argument('<archive>', 'what globalctl backup, or the installer before its import, wrote')
    .description('Put the objects of a backup back into a cluster')
    .addOption(siteFlag())
    .addOption(clusterFlag('into which cluster'))
    .addOption(passphraseFlag('the one that the archive was encrypted with: env:NAME or file:PATH'))
    .addOption(flag('--dry-run', 'show what would be written, as a diff, and change nothing').default(false))
    .addOption(
      flag('--target-etcd <url>', "the cluster's etcd: custom resources get their keys back and keep their uids"),
    )
    .addOption(flag('--target-etcd-ca <file>', 'PEM certificate of its authority'))
    .addOption(flag('--target-etcd-cert <file>', 'PEM client certificate'))
    .addOption(flag('--target-etcd-key <file>', 'PEM key of the client certificate'))
    .addOption(yesFlag())
    .addOption(outputFlag())
    .addOption(kubeconfigFlag())
    .addOption(rehearsalFlags()[0])
    .addOption(rehearsalFlags()[1])
    .addHelpText(
      'after',
      `
Owners come before dependents, and owner references follow to the uids of the cluster. Clusters of Cluster API are restored
paused: release them when what is there is right. Nothing is written where another object has one of the names, or where a
Cluster is not paused. What the backup does not hold is left alone.

Examples:
  globalctl restore minialauda.tar.gz -f site.yaml --dry-run
  globalctl restore minialauda.tar.gz -f site.yaml
  globalctl restore global.tar.gz -f site.yaml --cluster global --target-etcd https://10.10.20.11:2379
      --target-etcd-ca ca.crt --target-etcd-cert client.crt --target-etcd-key client.key`,
    )
    .action(async (archive: string, flags: RestoreFlags) => {
      await restore(app, archive, flags);
    });
}

async function restore(app: App, archive: string, flags: RestoreFlags): Promise<void> {
  const [{ Installation }, { openTarget }, { applyRestore, planRestore, readBackup }] = await Promise.all([
    import('../../install/index.ts'),
    import('../rehearsal/open-installation.ts'),
    import('../../platform/backup/index.ts'),
  ]);
  const target = await openTarget(app, flags, app.redactor);
  const backup = await readBackup(resolve(app.cwd, archive), await passphraseOf(target.loaded, flags.passphrase));
  await using installation = new Installation(target);
  const client = await clusterOf(installation, flags.cluster);
  const plan = await planRestore(client, backup, app.signal);
  if (flags.dryRun) {
    app.print(flags.output === 'json' ? JSON.stringify(restorePlanJson(plan), null, 2) : await formatRestorePlan(plan));
    return;
  }
  const due = plan.items.filter((item) => item.action === 'create' || item.action === 'change').length;
  const question = `Write ${String(due)} objects into ${flags.cluster} (${client.server})?`;
  if (plan.refusals.length === 0 && due > 0 && !(await confirm(app, question, flags.yes)))
    throw new GlobalctlError('CANCELLED', { message: 'nothing was written' });
  const store = await etcdOf(app, flags);
  try {
    const { written } = await applyRestore({ client, plan, store, signal: app.signal });
    if (flags.output === 'json') app.print(JSON.stringify({ ...restorePlanJson(plan), written }, null, 2));
    else app.print(`${String(written)} objects written into ${flags.cluster}; its Clusters are paused`);
  } finally {
    await store?.close();
  }
}

async function etcdOf(app: App, flags: RestoreFlags): Promise<KeyValueStore | undefined> {
  const { targetEtcd, targetEtcdCa, targetEtcdCert, targetEtcdKey } = flags;
  if (targetEtcd === undefined) return undefined;
  const endpoints = targetEtcd.split(',').map((url) => url.replace(/^https?:\/\//, '').replace(/\/$/, ''));
  const secure = targetEtcd.startsWith('https:');
  if (secure !== (targetEtcdCa !== undefined) || (targetEtcdCert === undefined) !== (targetEtcdKey === undefined))
    throw new GlobalctlError('USAGE', {
      message: '--target-etcd with https needs --target-etcd-ca; --target-etcd-cert and --target-etcd-key go together',
    });
  const read = async (file: string | undefined): Promise<string | undefined> =>
    file === undefined ? undefined : await readFile(resolve(app.cwd, file), 'utf8');
  const [ca, certificate, key] = await Promise.all([read(targetEtcdCa), read(targetEtcdCert), read(targetEtcdKey)]);
  const { connectEtcd } = await import('../../etcd/index.ts');
  const identity = certificate !== undefined && key !== undefined ? { certificate, key } : {};
  return await connectEtcd({ endpoints, ...(ca !== undefined && { tls: { ca, ...identity } }) });
}
