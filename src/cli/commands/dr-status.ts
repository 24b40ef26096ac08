import type { Command } from 'commander';
import type { App } from '../app.ts';
import { pairFlag, sideKubeconfigFlags } from '../dr/flags.ts';
import type { DrStatusFlags } from '../dr/status.ts';
import { outputFlag } from '../options.ts';

export function registerDrStatus(dr: Command, app: App): void {
  dr.command('status')
    .description('Show roles, lag, last check, gates, certificates and ports of both sides as they are found')
    .addOption(pairFlag())
    .addOption(outputFlag())
    .addOption(sideKubeconfigFlags()[0])
    .addOption(sideKubeconfigFlags()[1])
    .addHelpText(
      'after',
      `
The side with a sync gate is the standby, whatever the site files say; the domain is told by whose certificate answers under it.

Examples:
  globalctl dr status -f primary.yaml -f standby.yaml
  globalctl dr status -f primary.yaml -f standby.yaml -o json | jq .sync`,
    )
    .action(async (flags: DrStatusFlags) => {
      const { statusOfBoth } = await import('../dr/status.ts');
      await statusOfBoth(app, flags);
    });
}
