import type { Command } from 'commander';
import type { App, OutputFormat } from '../app.ts';
import { outputFlag, siteFlag, verboseFlag } from '../options.ts';

interface ValidateFlags {
  readonly filename: string;
  readonly output: OutputFormat;
  readonly verbose: boolean;
}

export function registerValidate(program: Command, app: App): void {
  program
    .command('validate')
    .description('Find every mistake in a site file before anything is created')
    .addOption(siteFlag())
    .addOption(outputFlag())
    .addOption(verboseFlag())
    .addHelpText(
      'after',
      `
Checks the schema, addresses, networks, versions and secrets, and lints the manifest that would be applied, merged with
manifest.base where the site names one. Contacts nothing. Exit code 3 for the site file, 4 for the manifest.

Examples:
  globalctl validate -f site.yaml
  globalctl validate -f site.yaml -o json | jq -r '.findings[].code'`,
    )
    .action(async (flags: ValidateFlags) => {
      const { validate } = await import('../validate/index.ts');
      await validate(app, flags);
    });
}
