import type { Command } from 'commander';
import type { App } from '../app.ts';
import { domainHookFlag, pairFlag, sideKubeconfigFlags } from '../dr/flags.ts';
import type { DrInstallFlags } from '../dr/install-pair.ts';
import { flag, outputFlag, timeoutFlag, verboseFlag, yesFlag } from '../options.ts';

export function registerDrInstall(dr: Command, app: App): void {
  dr.command('install')
    .description(
      'Install both sides in the order of the guide and synchronise them, going on where an earlier run stopped',
    )
    .addOption(pairFlag())
    .addOption(domainHookFlag())
    .addOption(flag('--dry-run', 'say what each step would do now, and change nothing').default(false))
    .addOption(yesFlag())
    .addOption(outputFlag())
    .addOption(verboseFlag())
    .addOption(timeoutFlag())
    .addOption(sideKubeconfigFlags()[0])
    .addOption(sideKubeconfigFlags()[1])
    .addHelpText(
      'after',
      `
Steps: check, domain-primary, install-primary, domain-standby, install-standby, synchronizer, restart-pods, wait-sync, domain-back,
verify. Each site needs a bootstrap.hostRoot of its own when both are installed from one host. A side that is installed from its own
KIND host (globalctl install there) is named by its kubeconfig instead.

The domain is switched by dr.domainHook, by --domain-hook, or by whoever is asked to; the run goes on when what answers under the
domain shows a certificate of the right side.

Examples:
  globalctl dr install -f primary.yaml -f standby.yaml --dry-run
  globalctl dr install -f primary.yaml -f standby.yaml --domain-hook 'set-dns {domain} {ip}'
  globalctl dr install -f primary.yaml -f standby.yaml --primary-kubeconfig primary.kubeconfig    on the KIND host of the standby`,
    )
    .action(async (flags: DrInstallFlags) => {
      const { installBoth } = await import('../dr/install-pair.ts');
      await installBoth(app, flags);
    });
}
