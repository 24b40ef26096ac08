import { resolve } from 'node:path';
import { EventStream, GlobalctlError, type Redactor } from '../../base/index.ts';
import { LabClient } from '../../lab/control/index.ts';
import type { LoadedSite } from '../../site/index.ts';
import type { InstallationOptions } from '../../install/index.ts';
import type { App } from '../app.ts';
import { openSite } from '../site-file.ts';
import { placesOf, readDelivery } from './data-centre.ts';
import { rehearsalFolder } from './folders.ts';
import { rehearsedSite } from './rehearsed-site.ts';
import { shellWord } from './shell-word.ts';

export interface TargetFlags {
  readonly filename: string;
  readonly kubeconfig?: string;
  /** The rehearsal of the site in place of the site itself. */
  readonly rehearsal: boolean;
  readonly stateDir?: string;
}

/**
 * What an Installation of the site needs, as plan, status and verify look at it: on this host, or with `rehearsal` the one
 * that stands in the data centre of a rehearsal, whose home folder is then `lab`. Throws LAB_NOT_RUNNING when that one is not up.
 */
export async function openTarget(
  app: App,
  flags: TargetFlags,
  redactor: Redactor,
): Promise<InstallationOptions & { readonly lab?: string | undefined }> {
  if (flags.stateDir !== undefined && !flags.rehearsal)
    throw new GlobalctlError('USAGE', {
      message: '--state-dir is the folder of a rehearsal, and this looks at the real installation',
      hint: 'Add --rehearsal, or leave --state-dir and GLOBALCTL_STATE_DIR out.',
    });
  const { loaded, provider } = await openSite(app, flags.filename, redactor);
  // Live objects and logs hold secrets that looking does not need; read, they are hidden. One that is gone hides nothing.
  await Promise.allSettled(loaded.secretReferences().map(({ reference }) => loaded.resolveSecret(reference)));
  return {
    loaded: flags.rehearsal ? await siteInRehearsal(app, loaded, flags) : loaded,
    provider,
    clock: app.clock,
    events: new EventStream(),
    redactor,
    signal: app.signal,
    kubeconfig: flags.kubeconfig,
    lab: flags.rehearsal ? placesOf(folderOfRehearsal(app, loaded, flags.stateDir)).lab : undefined,
  };
}

async function siteInRehearsal(app: App, loaded: LoadedSite, flags: TargetFlags): Promise<LoadedSite> {
  const folder = folderOfRehearsal(app, loaded, flags.stateDir);
  const { lab, host } = placesOf(folder);
  const running = await LabClient.find(lab);
  const packages = await readDelivery(folder);
  if (!running || !packages)
    throw new GlobalctlError('LAB_NOT_RUNNING', {
      message: `no rehearsal of ${loaded.site.metadata.name} is up`,
      subject: folder,
      hint: `Start one that stays: globalctl rehearse -f ${shellWord(flags.filename)} --keep`,
    });
  return rehearsedSite(loaded, { hostRoot: host, proxy: running.proxyUrl, packages });
}

/** Folder of the site's rehearsal: the one that was named, else the usual one. */
export function folderOfRehearsal(app: App, loaded: LoadedSite, stateDir: string | undefined): string {
  return resolve(app.cwd, stateDir ?? rehearsalFolder(app.env, loaded.site.metadata.name));
}
