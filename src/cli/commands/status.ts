import type { Command } from 'commander';
import { toGlobalctlError } from '../../base/index.ts';
import type { App, OutputFormat } from '../app.ts';
import type { TargetFlags } from '../rehearsal/open-installation.ts';
import { kubeconfigFlag, outputFlag, rehearsalFlags, siteFlag } from '../options.ts';
import { statusOnly } from '../view/status-json.ts';
import { formatStatusTree } from '../view/status-text.ts';
import { formatTable } from '../view/table.ts';

interface StatusFlags extends TargetFlags {
  readonly output: OutputFormat;
}

export function registerStatus(program: Command, app: App): void {
  program
    .command('status')
    .description('Show where an installation stands and why it stands still')
    .addOption(siteFlag())
    .addOption(outputFlag())
    .addOption(kubeconfigFlag())
    .addOption(rehearsalFlags()[0])
    .addOption(rehearsalFlags()[1])
    .addHelpText(
      'after',
      `
Examples:
  globalctl status -f site.yaml
  globalctl status -f site.yaml --rehearsal
  globalctl status -f site.yaml -o json`,
    )
    .action(async (flags: StatusFlags) => {
      await status(app, flags);
    });
}

async function status(app: App, flags: StatusFlags): Promise<void> {
  const { redactor } = app;
  const [{ describeProgress, Installation, readJournal }, { buildStatusTree, explainWait }, { openTarget }] =
    await Promise.all([
      import('../../install/index.ts'),
      import('../../observe/index.ts'),
      import('../rehearsal/open-installation.ts'),
    ]);
  await using installation = new Installation(await openTarget(app, flags, redactor));
  const records = await readJournal(installation.journalPath);
  const journaled = Installation.stepIds.map((step) => {
    const last = records.findLast((r) => (r.type === 'step-started' || r.type === 'step-finished') && r.step === step);
    return {
      step,
      state: last === undefined ? 'not started' : last.type === 'step-finished' ? 'finished' : 'started',
      time: last?.time ?? '',
    };
  });
  const atBootstrap = await installation.inventory();
  // After the hand-off there is no bootstrap cluster any more.
  const inventory = atBootstrap ?? (await installation.globalInventory());
  const tree = inventory ? buildStatusTree(inventory) : [];
  const blocking = inventory ? explainWait(inventory, app.clock.now()) : undefined;
  const progress = await installation.context.clusters
    .installer(app.signal)
    .then((installer) => installer.progress(app.signal))
    .catch((error: unknown) => toGlobalctlError(error));
  const installer = progress instanceof Error ? { unreachable: progress.message } : progress.body;
  if (flags.output === 'json') {
    const answer = { steps: journaled, tree: tree.map(statusOnly), blocking: blocking?.lines ?? [], installer };
    app.print(JSON.stringify(redactor.redactDeep(answer), null, 2));
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
  else if (!atBootstrap) app.print('The API of the bootstrap cluster does not answer. In the new cluster:\n');
  if (inventory && tree.length === 0) app.print('No Cluster object exists there yet.');
  if (tree.length > 0)
    app.print(formatStatusTree(tree, app.clock.now(), app.stdout.isTTY === true && app.env['NO_COLOR'] === undefined));
  if (blocking && blocking.lines.length > 0) app.print(`\nWaiting for:\n  ${blocking.lines.join('\n  ')}`);
  if (!(progress instanceof Error)) app.print(`\nInstaller: ${describeProgress(progress)}`);
  else if (atBootstrap || !inventory) app.print(`\nInstaller: not reached, ${progress.message}`);
}
