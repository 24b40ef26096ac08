import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { exitCodes, GlobalctlError, toGlobalctlError } from '../../base/index.ts';
import type { Finding, Installation } from '../../install/index.ts';
import type { App, OutputFormat } from '../app.ts';
import { confirm } from '../ask.ts';
import { flag, kubeconfigFlag, outputFlag, rehearsalFlags, siteFlag, yesFlag } from '../options.ts';
import type { TargetFlags } from '../rehearsal/open-installation.ts';
import { formatGates } from '../view/gates.ts';

interface HandoffFlags extends TargetFlags {
  readonly check: boolean;
  readonly acceptReferences: boolean;
  readonly goBack: boolean;
  readonly backup?: string;
  readonly yes: boolean;
  readonly output: OutputFormat;
}

export function registerHandoff(program: Command, app: App): void {
  program
    .command('handoff')
    .description('Check that the new cluster stands on its own, and only then retire minialauda')
    .addOption(siteFlag())
    .addOption(flag('--check', 'look at the gates and change nothing').default(false))
    .addOption(
      flag('--backup <file>', 'the backup of minialauda; found by itself where backup or the installer put it'),
    )
    .addOption(
      flag('--accept-references', 'let references to minialauda be, where nothing is pulled from there').default(false),
    )
    .addOption(
      flag('--go-back', 'take an import back that has not ended: the objects stay with minialauda').default(false),
    )
    .addOption(yesFlag())
    .addOption(outputFlag())
    .addOption(kubeconfigFlag())
    .addOption(rehearsalFlags()[0])
    .addOption(rehearsalFlags()[1])
    .addHelpText(
      'after',
      `
Retiring removes the KIND container minialauda-control-plane, and nothing else. No object of Cluster API is deleted, here or in
the new cluster: deleting a Cluster, a KubeadmControlPlane or an infrastructure object destroys the virtual machines of the
cluster that runs.

Ends with exit code 8 when a gate is closed. --accept-references opens the one about references, and no other: on vSphere
imageRepository names images that the VM template holds, and keeps the address that they were named with.

Examples:
  globalctl handoff -f site.yaml --check
  globalctl handoff -f site.yaml
  globalctl handoff -f site.yaml --go-back      an import that cannot end: minialauda goes on with its objects`,
    )
    .action(async (flags: HandoffFlags) => {
      await handoff(app, flags);
    });
}

async function handoff(app: App, flags: HandoffFlags): Promise<void> {
  const [{ checkHandoff, Installation, readHandoffRecord, requireOpenGates, retireBootstrapCluster }, { openTarget }] =
    await Promise.all([import('../../install/index.ts'), import('../rehearsal/open-installation.ts')]);
  const target = await openTarget(app, flags, app.redactor);
  await using installation = new Installation(target);
  const { context } = installation;
  // What the removal script of a rehearsal's sample Core Package finds its lab by.
  if (target.lab !== undefined) app.env['GLOBALCTL_LAB'] = target.lab;
  if (flags.goBack) {
    await takeBack(app, flags, installation);
    return;
  }
  const record = await readHandoffRecord(context);
  if (record && !(await context.clusters.bootstrapIfUp(app.signal))) {
    if (flags.output === 'json') app.print(JSON.stringify({ ...record, retired: true }, null, 2));
    else app.print(`minialauda was retired at ${record.retiredAt} (${record.how})`);
    return;
  }
  const seen = await checkHandoff({ context, findBackup: () => findBackup(app, flags, installation) });
  const gates = seen.map((gate) =>
    gate.id === 'references' && !gate.ok && flags.acceptReferences
      ? { ...gate, ok: true, observed: `accepted: ${gate.observed}` }
      : gate,
  );
  const print = (more: { readonly retired: boolean; readonly how?: string }): void => {
    if (flags.output === 'json') app.print(JSON.stringify({ gates, ...more }, null, 2));
    else if (!more.retired) app.print(formatGates(gates));
  };
  const open = gates.every((gate) => gate.ok);
  if (flags.output === 'text' || flags.check || !open) print({ retired: false });
  // The answer says all of it already; a second document after it could not be parsed.
  if (!open && flags.output === 'json') app.exitCode = exitCodes.verification;
  else requireOpenGates(gates);
  if (flags.check || !open) return;
  const question = 'Retire minialauda? Its container goes; the machines and all objects of the new cluster stay.';
  if (!(await confirm(app, question, flags.yes)))
    throw new GlobalctlError('CANCELLED', {
      message: 'minialauda stays',
      hint: 'Run the command again when it may go.',
    });
  const { how } = await retireBootstrapCluster(context, gates);
  print({ retired: true, how });
  app.note(`minialauda is retired (${how}); kubeconfig of the new cluster: ${context.clusters.globalKubeconfigPath}`);
}

async function takeBack(app: App, flags: HandoffFlags, installation: Installation): Promise<void> {
  const { clusters } = installation.context;
  const [{ goBack }, source, target] = await Promise.all([
    import('../../platform/installer/index.ts'),
    clusters.bootstrap(),
    clusters.global(app.signal),
  ]);
  if (!target)
    throw new GlobalctlError('HANDOFF_CLOSED', {
      message: 'there is no new cluster yet: nothing can have been imported',
    });
  const question = 'Take the import back? The copies in the new cluster go, and minialauda works on the objects again.';
  if (!(await confirm(app, question, flags.yes)))
    throw new GlobalctlError('CANCELLED', { message: 'nothing was changed' });
  const { removed, left } = await goBack({ source, target, signal: app.signal, log: (line) => app.note(line) });
  if (flags.output === 'json') app.print(JSON.stringify({ removed, left: left ?? null }, null, 2));
  else app.print(`${String(removed)} copies removed; minialauda owns the objects`);
}

/** The backup that was named, that the import wrote, or that `backup` wrote last; each is read to its end. */
async function findBackup(app: App, flags: HandoffFlags, installation: Installation): Promise<Finding> {
  const [{ BACKUP_ANNOTATION }, { verifyBackup }, { PLATFORM_NAMESPACE, resources }] = await Promise.all([
    import('../../platform/installer/index.ts'),
    import('../../platform/backup/index.ts'),
    import('../../kube/index.ts'),
  ]);
  const { clusters, signal } = installation.context;
  const faults: string[] = [];
  const candidates: string[] = flags.backup === undefined ? [] : [resolve(app.cwd, flags.backup)];
  if (flags.backup === undefined) {
    const ref = { name: 'global', namespace: PLATFORM_NAMESPACE };
    const cluster = await (await clusters.bootstrap()).find(resources.clusters, ref, signal);
    const written = cluster?.metadata.annotations?.[BACKUP_ANNOTATION];
    const files = await readdir(installation.backupFolder).catch(() => []);
    const own = files.filter((name) => /^minialauda-.*\.tar\.gz$/.test(name)).sort();
    candidates.push(
      ...(written === undefined ? [] : [written]),
      ...own.reverse().map((n) => join(installation.backupFolder, n)),
    );
  }
  for (const path of candidates)
    try {
      const { createdAt, objects } = await verifyBackup(path);
      return { ok: true, observed: `${path} of ${createdAt}, ${String(objects.length)} objects` };
    } catch (error) {
      faults.push(toGlobalctlError(error).message);
    }
  return { ok: false, observed: faults.length > 0 ? faults.join('; ') : 'none found' };
}
