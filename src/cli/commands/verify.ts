import type { Command } from 'commander';
import type { App, OutputFormat } from '../app.ts';
import type { TargetFlags } from '../rehearsal/open-installation.ts';
import { kubeconfigFlag, outputFlag, rehearsalFlags, siteFlag } from '../options.ts';
import { formatCriteria } from '../view/criteria.ts';

interface VerifyFlags extends TargetFlags {
  readonly output: OutputFormat;
}

export function registerVerify(program: Command, app: App): void {
  program
    .command('verify')
    .description('Check the success criteria of the guide against the installed cluster')
    .addOption(siteFlag())
    .addOption(outputFlag())
    .addOption(kubeconfigFlag())
    .addOption(rehearsalFlags()[0])
    .addOption(rehearsalFlags()[1])
    .addHelpText(
      'after',
      `
Ends with exit code 8 when a criterion is not met.

Examples:
  globalctl verify -f site.yaml
  globalctl verify -f site.yaml --rehearsal
  globalctl verify -f site.yaml -o json`,
    )
    .action(async (flags: VerifyFlags) => {
      const { redactor } = app;
      const [{ Installation }, { requireVerified }, { openTarget }] = await Promise.all([
        import('../../install/index.ts'),
        import('../../observe/index.ts'),
        import('../rehearsal/open-installation.ts'),
      ]);
      await using installation = new Installation(await openTarget(app, flags, redactor));
      const criteria = await installation.verify();
      app.print(flags.output === 'json' ? JSON.stringify(criteria, null, 2) : formatCriteria(criteria));
      requireVerified(criteria);
    });
}
