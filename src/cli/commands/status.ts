import type { Command } from 'commander';
import { EventStream, Redactor, toGlobalctlError } from '../../base/index.ts';
import type { App, OutputFormat } from '../app.ts';
import { kubeconfigFlag, outputFlag, siteFlag } from '../options.ts';
import { openSite } from '../site-file.ts';
import { formatStatusTree } from '../view/status-text.ts';
import { formatTable } from '../view/table.ts';

interface StatusFlags {
  readonly filename: string;
  readonly output: OutputFormat;
  readonly kubeconfig?: string;
}

export function registerStatus(program: Command, app: App): void {
  program
    .command('status')
    .description('show where an installation stands and why it stands still')
    .addOption(siteFlag())
    .addOption(outputFlag())
    .addOption(kubeconfigFlag())
    .addHelpText(
      'after',
      `
Examples:
  globalctl status -f site.yaml
  globalctl status -f site.yaml -o json`,
    )
    .action(async (flags: StatusFlags) => {
      await status(app, flags);
    });
}

async function status(app: App, flags: StatusFlags): Promise<void> {
  const redactor = new Redactor();
  const opened = await openSite(app, flags.filename, redactor);
  const [{ Installation, readJournal }, { buildStatusTree, explainWait }] = await Promise.all([
    import('../../install/index.ts'),
    import('../../observe/index.ts'),
  ]);
  await using installation = new Installation({
    ...opened,
    clock: app.clock,
    events: new EventStream(),
    redactor,
    signal: app.signal,
    kubeconfig: flags.kubeconfig,
  });
  const records = await readJournal(installation.journalPath);
  const journaled = Installation.stepIds.map((step) => {
    const last = records.findLast((r) => (r.type === 'step-started' || r.type === 'step-finished') && r.step === step);
    return {
      step,
      state: last === undefined ? 'not started' : last.type === 'step-finished' ? 'finished' : 'started',
      time: last?.time ?? '',
    };
  });
  const inventory = await installation.inventory();
  const tree = inventory ? buildStatusTree(inventory) : [];
  const blocking = inventory ? explainWait(inventory, app.clock.now()) : undefined;
  const progress = await installation.context.clusters
    .installer(app.signal)
    .then((installer) => installer.progress(app.signal))
    .then((p) => p.body)
    .catch((error: unknown) => ({ unreachable: toGlobalctlError(error).message }));
  if (flags.output === 'json') {
    app.print(
      redactor.redact(
        JSON.stringify({ steps: journaled, tree, blocking: blocking?.lines ?? [], installer: progress }, null, 2),
      ),
    );
    return;
  }
  app.print(
    formatTable(
      ['STEP', 'STATE', 'SINCE'],
      journaled.map((s) => [s.step, s.state, s.time]),
    ),
  );
  app.print('');
  if (!inventory) app.print('The API of the bootstrap cluster does not answer: there is nothing more to look at.');
  else if (tree.length === 0) app.print('No Cluster object exists in the bootstrap cluster yet.');
  else
    app.print(formatStatusTree(tree, app.clock.now(), app.stdout.isTTY === true && app.env['NO_COLOR'] === undefined));
  if (blocking && blocking.lines.length > 0) app.print(`\nWaiting for:\n  ${blocking.lines.join('\n  ')}`);
  app.print(`\nInstaller: ${redactor.redact(JSON.stringify(progress))}`);
}
