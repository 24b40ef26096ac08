import type { Command } from 'commander';
import type { SwitchKind } from '../../dr/index.ts';
import type { App } from '../app.ts';
import { domainHookFlag, pairFlag, sideKubeconfigFlags } from '../dr/flags.ts';
import type { SwitchFlags } from '../dr/switch.ts';
import { flag, outputFlag, timeoutFlag, verboseFlag, yesFlag } from '../options.ts';

interface SwitchCommand {
  readonly kind: SwitchKind;
  readonly description: string;
  readonly help: string;
}

const gates = `A closed gate stops it and lists what is behind it: keys that only one side holds, machines that do not run or would be deleted,
objects of global without their prefix. --accept-gate goes through one gate, by its id, with what that costs.`;

const commands: readonly SwitchCommand[] = [
  {
    kind: 'switchover',
    description: 'Planned: make the standby side active without losing anything; the former active side follows it',
    help: `
Steps: gate-before, fence, drain, gate, stop-sync, clear-gate, domain, promote, verify, reverse-synchronizer, reverse-wait-sync.
${gates}

Examples:
  globalctl dr switchover -f primary.yaml -f standby.yaml --dry-run
  globalctl dr switchover -f primary.yaml -f standby.yaml --domain-hook 'set-dns {domain} {ip}'`,
  },
  {
    kind: 'failover',
    description: 'The active side is gone: make the standby side active with what it holds',
    help: `
Says first what is lost: up to which revision and time everything was carried over, and the keys that are known to be missing. Agreed
to by typing the platform domain, or with --yes --accept-loss. A side that answers is not failed over: switch over instead.
${gates}

Steps: lost, gate, stop-sync, clear-gate, domain, promote, verify. Keep the lost side down until dr failback.

Examples:
  globalctl dr failover -f primary.yaml -f standby.yaml --dry-run
  globalctl dr failover -f primary.yaml -f standby.yaml --yes --accept-loss`,
  },
  {
    kind: 'failback',
    description: 'The lost side is back: fence it, let it follow the active side, then make it active again',
    help: `
What the returned side wrote and never got across shows as surplus keys: they close the gate until somebody has looked at them.
${gates}

Steps: fence-returned, back-synchronizer, back-wait-sync, then those of a switchover.

Examples:
  globalctl dr failback -f primary.yaml -f standby.yaml --dry-run
  globalctl dr failback -f primary.yaml -f standby.yaml`,
  },
];

export function registerDrSwitches(dr: Command, app: App): void {
  for (const { kind, description, help } of commands) {
    const command = dr
      .command(kind)
      .description(description)
      .addOption(pairFlag())
      .addOption(domainHookFlag())
      .addOption(flag('--dry-run', 'show gates and steps as they are found now, and change nothing').default(false))
      .addOption(
        flag('--accept-gate <id>', 'go through this closed gate; repeatable').argParser(
          (id, before: readonly string[] | undefined) => [...(before ?? []), id],
        ),
      );
    if (kind === 'failover')
      command.addOption(
        flag('--accept-loss', 'with --yes: agree to the loss of what was not carried over').default(false),
      );
    command
      .addOption(yesFlag())
      .addOption(outputFlag())
      .addOption(verboseFlag())
      .addOption(timeoutFlag())
      .addOption(sideKubeconfigFlags()[0])
      .addOption(sideKubeconfigFlags()[1])
      .addHelpText('after', help)
      .action(async (flags: SwitchFlags) => {
        const { switchSides } = await import('../dr/switch.ts');
        await switchSides(app, kind, flags);
      });
  }
}
