// What `globalctl dr install` does.
import { installPair, planInstallPair, platformDomain, vipOf } from '../../dr/index.ts';
import type { App, OutputFormat } from '../app.ts';
import { confirm } from '../ask.ts';
import { attachView } from '../view/attach.ts';
import { openRun, type RunFlags } from './pair-run.ts';
import { printPlan } from './print-plan.ts';

export interface DrInstallFlags extends RunFlags {
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly output: OutputFormat;
  readonly verbose: boolean;
}

export async function installBoth(app: App, flags: DrInstallFlags): Promise<void> {
  const run = await openRun(app, flags);
  if (flags.dryRun) {
    printPlan(app, flags.output, await planInstallPair(run));
    return;
  }
  const { pair } = run;
  const question = `Install both sides of ${platformDomain(pair)}: primary ${vipOf(pair, 'primary')}, standby ${vipOf(pair, 'standby')}?`;
  if (!(await confirm(app, question, flags.yes))) return;
  const detach = attachView(app, run.events, { output: flags.output, verbose: flags.verbose, redactor: app.redactor });
  try {
    await installPair(run);
  } finally {
    detach();
    app.note(`journal: ${run.stateFolder}/install.jsonl`);
  }
  if (flags.output === 'text') app.print('both sides are installed; the standby side follows the primary');
}
