import type { Command } from 'commander';
import type { App } from '../app.ts';
import type { DrInitFlags } from '../dr/init-pair.ts';
import { flag, siteFlag } from '../options.ts';

export function registerDrInit(dr: Command, app: App): void {
  dr.command('init')
    .description('Make the site files of a primary and a standby side from one site file')
    .addOption(siteFlag())
    .addOption(flag('--standby-vip <address>', 'control plane VIP of the standby side (STANDBY_CLUSTER_VIP)'))
    .addOption(flag('--standby-host-ip <address>', "IP address of the standby side's KIND host"))
    .addOption(flag('--encryption-key <reference>', 'where the shared key is kept: env:NAME or file:PATH'))
    .addOption(flag('--etcd-sync-version <version>', 'version of global-etcd-sync; the release when absent'))
    .addOption(flag('--folder <dir>', 'folder to write into; that of the site file when absent'))
    .addOption(flag('--force', 'overwrite primary.yaml and standby.yaml').default(false))
    .addHelpText(
      'after',
      `
Comments and layout of the site file stay. What the standby side must have to itself is derived from the two VIPs and marked
"derived" in the file: addresses keep their host part in another network, and move as far as the VIP inside the same one.
The shared key is that of the site where it has one; else 32 random bytes go into a new file of mode 0600.

Examples:
  globalctl dr init -f site.yaml --standby-vip 10.10.30.10
  globalctl dr init -f site.yaml --standby-vip 10.10.30.10 --folder pair --encryption-key env:SHARED_KEY`,
    )
    .action(async (flags: DrInitFlags) => {
      const { initPair } = await import('../dr/init-pair.ts');
      await initPair(app, flags);
    });
}
