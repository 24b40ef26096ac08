import type { Command } from 'commander';
import type { App } from '../app.ts';
import { pushFlags, runPush, type PushFlags } from './pack-push.ts';

/**
 * `packtool pack push -r ADDRESS -c PACK`: the words of the guide's step 3. The executable of that name in the sample Core
 * Package ends up here; for people there is `globalctl pack push`, which is the same.
 */
export function registerPacktool(program: Command, app: App): void {
  const pack = program
    .command('packtool', { hidden: true })
    .description("The guide's packtool")
    .command('pack')
    .description('Work with packages');
  pushFlags(pack.command('push').description('Push a package into a registry')).action((flags: PushFlags) =>
    runPush(app, flags),
  );
}
