import { join, resolve } from 'node:path';
import { sideNames, type Pair, type SideName } from '../../../dr/index.ts';
import type { App } from '../../app.ts';
import { rehearsalFolder } from '../folders.ts';

/** Folders of the rehearsal of a pair. */
export interface PairPlaces {
  readonly folder: string;
  /** Home of the one lab. */
  readonly lab: string;
  /** What stands for `/` of each side's bootstrap host. */
  readonly hosts: Readonly<Record<SideName, string>>;
  /** Journal of the pair's own workflows. */
  readonly state: string;
  readonly lastRun: string;
}

/** Named by both sites, unless a folder was named. */
export function placesOfPair(app: App, pair: Pair, stateDir: string | undefined): PairPlaces {
  const name = sideNames.map((side) => pair[side].loaded.site.metadata.name).join('+');
  const folder = resolve(app.cwd, stateDir ?? rehearsalFolder(app.env, name));
  return {
    folder,
    lab: join(folder, 'lab'),
    hosts: { primary: join(folder, 'primary/host'), standby: join(folder, 'standby/host') },
    state: join(folder, 'dr'),
    lastRun: join(folder, 'last-run'),
  };
}
