import { resolve } from 'node:path';
import type { Command } from 'commander';
import { GlobalctlError } from '../../base/index.ts';
import type { LabClient } from '../../lab/index.ts';
import type { App } from '../app.ts';
import { flag } from '../options.ts';

export interface HomeFlags {
  readonly home?: string;
}

export interface RehearsalFlags {
  readonly filename?: string;
  readonly stateDir?: string;
}

/** `--home`: which lab is meant. */
export function homeFlag(command: Command): Command {
  const option = flag('--home <folder>', 'home folder of the lab (default: GLOBALCTL_LAB, else .globalctl/lab)');
  return command.addOption(option.env('GLOBALCTL_LAB'));
}

/** `--filename` and `--state-dir`: the lab of a site's rehearsal is meant. */
export function rehearsalOf(command: Command): Command {
  return command
    .addOption(flag('-f, --filename <file>', 'the site file whose rehearsal runs in the lab'))
    .addOption(flag('--state-dir <dir>', 'folder of the rehearsal, as it was given to rehearse'));
}

export function homeOf(app: App, flags: HomeFlags): string {
  return resolve(app.cwd, flags.home ?? '.globalctl/lab');
}

/** The lab that was named: by its folder, or by the site whose rehearsal it holds. What was typed outweighs the environment. */
export async function labOf(app: App, flags: HomeFlags & RehearsalFlags, command: Command): Promise<string> {
  if (flags.filename === undefined || command.getOptionValueSource('home') === 'cli') return homeOf(app, flags);
  const [{ openSite }, { folderOfRehearsal }, { placesOf }] = await Promise.all([
    import('../site-file.ts'),
    import('../rehearsal/open-installation.ts'),
    import('../rehearsal/data-centre.ts'),
  ]);
  const { loaded } = await openSite(app, flags.filename, app.redactor);
  return placesOf(folderOfRehearsal(app, loaded, flags.stateDir)).lab;
}

/** The same, when it runs. Throws LAB_NOT_RUNNING. */
export async function runningLab(app: App, flags: HomeFlags & RehearsalFlags, command: Command): Promise<LabClient> {
  const { LabClient: Clients } = await import('../../lab/index.ts');
  const home = await labOf(app, flags, command);
  const client = await Clients.find(home);
  if (client) return client;
  throw new GlobalctlError('LAB_NOT_RUNNING', { message: `no lab is running in ${home}`, subject: home });
}
