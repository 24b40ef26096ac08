import type { Command } from 'commander';
import type { App, OutputFormat } from '../app.ts';
import { outputFlag } from '../options.ts';

export function registerExplain(program: Command, app: App): void {
  program
    .command('explain')
    .description('Explain a field of the site file, a variable of the guide, a rule or an error code')
    .argument('<name>', 'a field path or its end, a variable of the guide, a rule, or an error code')
    .addOption(outputFlag())
    .addHelpText(
      'after',
      `
Examples:
  globalctl explain network.controlPlaneVIP
  globalctl explain CONTROL_PLANE_VIP
  globalctl explain MANIFEST_NAME_PREFIX
  globalctl explain SITE_CIDR_OVERLAP -o json`,
    )
    .action(async (name: string, { output }: { output: OutputFormat }) => {
      const { explain } = await import('../explain/index.ts');
      app.print(explain(name, output));
    });
}
