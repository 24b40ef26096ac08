import type { Command } from 'commander';
import { EventStream, Redactor } from '../../base/index.ts';
import type { App, OutputFormat } from '../app.ts';
import { kubeconfigFlag, outputFlag, siteFlag } from '../options.ts';
import { openSite } from '../site-file.ts';
import { formatCriteria } from '../view/criteria.ts';

interface VerifyFlags {
  readonly filename: string;
  readonly output: OutputFormat;
  readonly kubeconfig?: string;
}

export function registerVerify(program: Command, app: App): void {
  program
    .command('verify')
    .description('check the success criteria of the guide against the installed cluster')
    .addOption(siteFlag())
    .addOption(outputFlag())
    .addOption(kubeconfigFlag())
    .addHelpText(
      'after',
      `
Ends with exit code 8 when a criterion is not met.

Examples:
  globalctl verify -f site.yaml
  globalctl verify -f site.yaml -o json`,
    )
    .action(async (flags: VerifyFlags) => {
      const redactor = new Redactor();
      const opened = await openSite(app, flags.filename, redactor);
      const [{ Installation }, { requireVerified }] = await Promise.all([
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
      const criteria = await installation.verify();
      app.print(flags.output === 'json' ? JSON.stringify(criteria, null, 2) : formatCriteria(criteria));
      requireVerified(criteria);
    });
}
