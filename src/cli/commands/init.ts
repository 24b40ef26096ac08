import { Option, type Command } from 'commander';
import type { App } from '../app.ts';
import { flag } from '../options.ts';

interface InitFlags {
  readonly provider?: string;
  readonly name?: string;
  readonly hostIp?: string;
  readonly vip?: string;
  readonly platformHost?: string;
  readonly output: string;
  readonly force: boolean;
}

export function registerInit(program: Command, app: App): void {
  program
    .command('init')
    .description('Write a commented site file; asks on a terminal, takes flags elsewhere')
    .addOption(flag('--provider <name>', 'infrastructure provider: dcs, vsphere or hcs'))
    .addOption(flag('--name <name>', 'name of the site'))
    .addOption(flag('--host-ip <address>', 'IP address of the KIND host (HOST_IP)'))
    .addOption(flag('--vip <address>', 'control plane VIP (CONTROL_PLANE_VIP)'))
    .addOption(flag('--platform-host <host>', 'platform domain or VIP (PLATFORM_HOST)'))
    .addOption(
      // --output names a file here and a format everywhere else, so its variable is another one.
      new Option('-o, --output <file>', 'file to write, or - for stdout')
        .env('GLOBALCTL_INIT_OUTPUT')
        .default('site.yaml'),
    )
    .addOption(flag('--force', 'overwrite the file if it exists').default(false))
    .addHelpText(
      'after',
      `
Secret files that the site refers to are made beside it with mode 0600, as placeholders.

Examples:
  globalctl init
  globalctl init --provider vsphere --vip 10.0.0.10 --output sites/lab.yaml
  globalctl init --provider dcs --output - | less`,
    )
    .action(async ({ output, force, ...answers }: InitFlags) => {
      const { init } = await import('../init/index.ts');
      await init(app, { answers, output, force });
    });
}
