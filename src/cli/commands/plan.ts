import type { Command } from 'commander';
import type { StepPlan } from '../../install/index.ts';
import type { App, OutputFormat } from '../app.ts';
import type { TargetFlags } from '../rehearsal/open-installation.ts';
import { kubeconfigFlag, outputFlag, rehearsalFlags, siteFlag } from '../options.ts';

interface PlanFlags extends TargetFlags {
  readonly output: OutputFormat;
}

export function registerPlan(program: Command, app: App): void {
  program
    .command('plan')
    .description('Say for each step what is done and what would change, with a diff against the live cluster')
    .addOption(siteFlag())
    .addOption(outputFlag())
    .addOption(kubeconfigFlag())
    .addOption(rehearsalFlags()[0])
    .addOption(rehearsalFlags()[1])
    .addHelpText(
      'after',
      `
Nothing is changed: live objects are compared through a dry run of the API server, files with what stands on disk.

Examples:
  globalctl plan -f site.yaml
  globalctl plan -f site.yaml --rehearsal
  globalctl plan -f site.yaml -o json | jq '.[] | select(.probe.state != "done") | .step'`,
    )
    .action(async (flags: PlanFlags) => {
      const { redactor } = app;
      const [{ Installation }, { openTarget }] = await Promise.all([
        import('../../install/index.ts'),
        import('../rehearsal/open-installation.ts'),
      ]);
      await using installation = new Installation(await openTarget(app, flags, redactor));
      const plans = await installation.plan();
      app.print(redactor.redact(flags.output === 'json' ? JSON.stringify(plans, null, 2) : formatPlan(plans)));
    });
}

const states = { absent: 'to do', partial: 'partial', done: 'done' } as const;

function formatPlan(plans: readonly StepPlan[]): string {
  return plans
    .map(({ title, probe, changes }, i) => {
      const head = `${String(i + 1)}. ${title}: ${states[probe.state]} (${probe.reason})`;
      const lines = changes.map(
        ({ action, subject, diff }) =>
          `   ${action} ${subject}${diff === undefined ? '' : `\n${diff.trimEnd().replace(/^/gm, '     ')}`}`,
      );
      return [head, ...lines].join('\n');
    })
    .join('\n');
}
