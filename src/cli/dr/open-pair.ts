import type { Redactor } from '../../base/index.ts';
import type { Pair } from '../../dr/index.ts';
import type { App } from '../app.ts';
import { openSite } from '../site-file.ts';

/** Loads the two site files of a pair, in whichever order they were given. Throws what loading throws, and DR_PAIR. */
export async function openPair(app: App, files: readonly string[], redactor: Redactor): Promise<Pair> {
  const { pairOf } = await import('../../dr/index.ts');
  const sites = [];
  for (const file of files) sites.push(await openSite(app, file, redactor));
  return pairOf(sites);
}
