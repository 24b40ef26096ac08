import type { Command } from 'commander';
import { randomUUID } from 'node:crypto';
import { cp, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EventStream, Redactor } from '../../base/index.ts';
import type { App, OutputFormat } from '../app.ts';
import { flag, outputFlag, positiveNumber, siteFlag, timeoutFlag, verboseFlag } from '../options.ts';
import { openSite } from '../site-file.ts';
import { version } from '../version.ts';
import { attachView } from '../view/attach.ts';
import { formatCriteria } from '../view/criteria.ts';

interface RehearseFlags {
  readonly filename: string;
  readonly keep: boolean;
  readonly speed: number;
  readonly seed: string;
  readonly crds?: string;
  readonly stateDir?: string;
  readonly until?: string;
  readonly output: OutputFormat;
  readonly verbose: boolean;
  readonly timeout?: number;
}

/** How long the data centre of an interrupted or failed rehearsal waits for somebody to look at it or go on. */
const IDLE_TIMEOUT_MS = 30 * 60_000;

export function registerRehearse(program: Command, app: App): void {
  program
    .command('rehearse')
    .description('run the nine steps against an embedded lab: nothing outside this machine is touched')
    .addOption(siteFlag())
    .addOption(flag('--keep', 'leave the data centre up and print its kubeconfigs').default(false))
    .addOption(
      flag('--speed <n>', 'how much faster than real the infrastructure works').argParser(positiveNumber).default(120),
    )
    .addOption(
      flag('--seed <text>', 'makes every random choice of the lab; the same seed gives the same run').default('1'),
    )
    .addOption(flag('--crds <dir>', "folder of CRDs to put into the sample charts in place of the lab's own"))
    .addOption(flag('--state-dir <dir>', 'folder of the rehearsal; below $XDG_STATE_HOME when absent'))
    .addOption(flag('--until <step>', 'stop after this step'))
    .addOption(outputFlag())
    .addOption(verboseFlag())
    .addOption(timeoutFlag())
    .addHelpText(
      'after',
      `
An interrupted rehearsal goes on when the same command is given again.

Examples:
  globalctl rehearse -f site.yaml
  globalctl rehearse -f site.yaml --keep          look around afterwards with kubectl and helm
  globalctl rehearse -f site.yaml --speed 600     as fast as this machine can
  globalctl rehearse -f site.yaml --crds ./crds   with the vendor's CRDs`,
    )
    .action(async (flags: RehearseFlags) => {
      await rehearse(app, flags);
    });
}

async function rehearse(app: App, flags: RehearseFlags): Promise<void> {
  const redactor = new Redactor();
  const { loaded, provider } = await openSite(app, flags.filename, redactor);
  const [{ Installation }, { openDataCentre, placesOf }, { rehearsedSite }, folders, { buildSamplePackages }] =
    await Promise.all([
      import('../../install/index.ts'),
      import('../rehearsal/data-centre.ts'),
      import('../rehearsal/rehearsed-site.ts'),
      import('../rehearsal/folders.ts'),
      import('../rehearsal/sample-packages.ts'),
    ]);
  const { site } = loaded;
  const folder = resolve(app.cwd, flags.stateDir ?? folders.rehearsalFolder(app.env, site.metadata.name));
  const places = placesOf(folder);
  const [lab, packages] = await Promise.all([
    openDataCentre(app, { folder, site, speed: flags.speed, seed: flags.seed, idleTimeoutMs: IDLE_TIMEOUT_MS }),
    buildSamplePackages(app, { loaded, crdsFolder: flags.crds, cacheFolder: folders.cacheFolder(app.env) }),
  ]);
  // What setup.sh of the sample Core Package finds its lab by.
  app.env['GLOBALCTL_LAB'] = places.lab;
  const events = new EventStream(() => app.clock.now());
  await using installation = new Installation({
    loaded: rehearsedSite(loaded, { hostRoot: places.host, proxy: lab.proxyUrl, packages }),
    provider,
    clock: app.clock,
    events,
    redactor,
    signal: app.signal,
  });
  const detach = attachView(app, events, { output: flags.output, verbose: flags.verbose, redactor });
  let succeeded = false;
  try {
    await installation.run({
      command: 'rehearse',
      version,
      runId: randomUUID(),
      select: { until: flags.until },
      timeoutMs: flags.timeout,
    });
    succeeded = true;
  } finally {
    detach();
    if (!succeeded) {
      app.note(`the data centre stays up for ${String(IDLE_TIMEOUT_MS / 60_000)} minutes; the same command goes on`);
      app.note(`look around: kubectl --kubeconfig ${installation.context.host.bootstrapKubeconfig} get machines -A`);
      app.note(`journal:     ${installation.journalPath}`);
      app.note(`end it:      globalctl lab down --home ${places.lab}`);
    }
  }
  if (flags.until !== undefined && flags.until !== 'monitor') {
    await lab.touch({ keep: true });
    app.note(`stopped after ${flags.until}; end the data centre with: globalctl lab down --home ${places.lab}`);
    return;
  }
  const criteria = await installation.verify();
  if (flags.output === 'json') app.print(JSON.stringify({ type: 'verification', criteria }));
  else app.print(formatCriteria(criteria));
  if (flags.keep) {
    await lab.touch({ keep: true });
    app.note('');
    app.note('the data centre stays up. Look around:');
    app.note(
      `  kubectl --kubeconfig ${installation.context.host.bootstrapKubeconfig} get clusters,kubeadmcontrolplanes,machines -A`,
    );
    app.note(`  kubectl --kubeconfig ${installation.context.clusters.globalKubeconfigPath} get nodes`);
    app.note(`end it: globalctl lab down --home ${places.lab}`);
    return;
  }
  await installation[Symbol.asyncDispose]();
  // The reports of a run are worth more than the disk they take; they are safe before anything is taken down.
  await rm(places.lastRun, { recursive: true, force: true });
  await cp(installation.context.stateFolder, places.lastRun, { recursive: true });
  await lab.stop();
  await rm(places.host, { recursive: true, force: true });
  await rm(places.lab, { recursive: true, force: true });
  app.note(`journal and logs of the run: ${places.lastRun}`);
}
