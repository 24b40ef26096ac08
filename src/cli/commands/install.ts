import type { Command } from 'commander';
import { randomUUID } from 'node:crypto';
import { EventStream } from '../../base/index.ts';
import type { LoadedSite } from '../../site/index.ts';
import type { App, OutputFormat } from '../app.ts';
import { confirm } from '../ask.ts';
import { flag, kubeconfigFlag, outputFlag, siteFlag, timeoutFlag, verboseFlag, yesFlag } from '../options.ts';
import { shellWord } from '../rehearsal/shell-word.ts';
import { openSite } from '../site-file.ts';
import { version } from '../version.ts';
import { attachView } from '../view/attach.ts';
import { formatCriteria } from '../view/criteria.ts';

interface InstallFlags {
  readonly filename: string;
  readonly from?: string;
  readonly until?: string;
  readonly yes: boolean;
  readonly output: OutputFormat;
  readonly verbose: boolean;
  readonly timeout?: number;
  readonly kubeconfig?: string;
}

export function registerInstall(program: Command, app: App): void {
  program
    .command('install')
    .description('Install the global cluster: the nine steps of the guide, going on where an earlier run stopped')
    .addOption(siteFlag())
    .addOption(flag('--from <step>', 'start with this step, taking the ones before as done'))
    .addOption(flag('--until <step>', 'stop after this step'))
    .addOption(yesFlag())
    .addOption(outputFlag())
    .addOption(verboseFlag())
    .addOption(timeoutFlag())
    .addOption(kubeconfigFlag())
    .addHelpText(
      'after',
      `
Steps: prepare, bootstrap, providers, manifest, apply, control-plane, import, installer, monitor

Examples:
  globalctl install -f site.yaml                  ask, then install
  globalctl install -f site.yaml --yes            install without asking, for scripts
  globalctl install -f site.yaml --until manifest stop before anything is applied
  globalctl install -f site.yaml -o json          every event as one line of JSON on stdout`,
    )
    .action(async (flags: InstallFlags) => {
      await install(app, flags);
    });
}

async function install(app: App, flags: InstallFlags): Promise<void> {
  const { redactor } = app;
  const opened = await openSite(app, flags.filename, redactor);
  const { Installation } = await import('../../install/index.ts');
  // A wrong word is said before anybody is asked anything.
  Installation.checkSelection({ from: flags.from, until: flags.until });
  await refusePlaceholders(opened.loaded);
  const events = new EventStream(() => app.clock.now());
  await using installation = new Installation({
    ...opened,
    clock: app.clock,
    events,
    redactor,
    signal: app.signal,
    kubeconfig: flags.kubeconfig,
  });
  const { site } = opened.loaded;
  const question = `Install the global cluster of ${site.metadata.name} on ${opened.provider.title}, endpoint ${site.network.controlPlaneVIP}?`;
  if (!(await confirm(app, question, flags.yes))) return;
  const detach = attachView(app, events, { output: flags.output, verbose: flags.verbose, redactor });
  try {
    await installation.run({
      command: 'install',
      version,
      runId: randomUUID(),
      select: { from: flags.from, until: flags.until },
      timeoutMs: flags.timeout,
    });
  } finally {
    detach();
    app.note(`journal: ${installation.journalPath}`);
    if (app.signal.aborted) app.note(`stopped; go on with: globalctl install -f ${shellWord(flags.filename)}`);
  }
  if (flags.until !== undefined && flags.until !== 'monitor') return;
  const criteria = await installation.verify();
  if (flags.output === 'json') app.print(JSON.stringify({ type: 'verification', criteria }));
  else app.print(formatCriteria(criteria));
  app.note(`kubeconfig of the new cluster: ${installation.context.clusters.globalKubeconfigPath}`);
}

/** A placeholder that init wrote is good for a rehearsal; a real cluster must not start with a password that is public. */
async function refusePlaceholders(loaded: LoadedSite): Promise<void> {
  const { checkSecrets, refuseErrors } = await import('../../site/index.ts');
  const placeholders = (await checkSecrets(loaded)).filter((finding) => finding.code === 'SECRET_PLACEHOLDER');
  refuseErrors(
    placeholders.map((finding) => ({ ...finding, severity: 'error' as const })),
    loaded.path,
  );
}
