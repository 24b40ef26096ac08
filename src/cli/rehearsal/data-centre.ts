import { rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { pathExists } from '../../base/index.ts';
import { LabClient, startLab } from '../../lab/control/index.ts';
import type { Site } from '../../site/index.ts';
import type { App } from '../app.ts';

export interface DataCentreOptions {
  readonly folder: string;
  readonly site: Site;
  readonly speed: number;
  readonly seed: string;
  readonly idleTimeoutMs: number;
}

/** Folders of one rehearsal. */
export function placesOf(folder: string): { readonly lab: string; readonly host: string; readonly lastRun: string } {
  return { lab: join(folder, 'lab'), host: join(folder, 'host'), lastRun: join(folder, 'last-run') };
}

/**
 * The data centre of a rehearsal: the one that an interrupted run left, or a new one. What a host remembers of a data centre
 * that is gone is worth nothing, so it goes too.
 */
export async function openDataCentre(app: App, options: DataCentreOptions): Promise<LabClient> {
  const { lab, host } = placesOf(options.folder);
  const running = await LabClient.settled(lab, { signal: app.signal, clock: app.clock });
  if (running) return running;
  if (await pathExists(host)) {
    app.note('the data centre of the interrupted rehearsal is gone; starting anew');
    await rm(host, { recursive: true, force: true });
  }
  await rm(lab, { recursive: true, force: true });
  return await startLab({
    home: lab,
    settings: {
      speed: options.speed,
      seed: options.seed,
      hostIP: options.site.bootstrap.hostIP,
      names: namesOf(options.site),
      idleTimeoutMs: options.idleTimeoutMs,
      keep: false,
    },
    self: app.self,
    signal: app.signal,
  });
}

/** The site's own names, which its DNS leads to the control plane endpoint. */
function namesOf(site: Site): Map<string, string> {
  const names = new Map<string, string>();
  for (const name of [site.platform.host, site.platform.registryDomain.replace(/:\d+$/, '')])
    if (isIP(name) === 0) names.set(name, site.network.controlPlaneVIP);
  return names;
}
