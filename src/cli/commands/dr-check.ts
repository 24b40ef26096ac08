import type { Command } from 'commander';
import type { App } from '../app.ts';
import type { DrCheckFlags } from '../dr/check-pair.ts';
import { pairFlag, sideKubeconfigFlags } from '../dr/flags.ts';
import { outputFlag } from '../options.ts';

export function registerDrCheck(dr: Command, app: App): void {
  dr.command('check')
    .description('Prove two sites a pair: equal where they must be, distinct where they must be')
    .addOption(pairFlag())
    .addOption(outputFlag())
    .addOption(sideKubeconfigFlags()[0])
    .addOption(sideKubeconfigFlags()[1])
    .addHelpText(
      'after',
      `
Equal: encryption configuration byte by byte, SANs of etcd, platform address, certificate, registry login, administrator, versions.
Distinct: VIPs, hosts, addresses, VM folders, KIND hosts. Both sites are validated, too; secrets are compared and never shown.

Sides that run are looked at where their kubeconfig is found or given: the key that their nodes were made with, SANs,
certificates, and the ports as this host reaches them. Whether the sites reach each other only a host there can tell.
Exit code 3 or 4 for the files, 8 for what runs.

Examples:
  globalctl dr check -f primary.yaml -f standby.yaml
  globalctl dr check -f primary.yaml -f standby.yaml --primary-kubeconfig primary.kubeconfig -o json`,
    )
    .action(async (flags: DrCheckFlags) => {
      const { checkPairFiles } = await import('../dr/check-pair.ts');
      await checkPairFiles(app, flags);
    });
}
