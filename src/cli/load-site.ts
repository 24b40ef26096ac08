import { resolve } from 'node:path';
import type { Redactor } from '../base/index.ts';
import type { LoadedSite } from '../site/index.ts';
import type { App } from './app.ts';

/** Loads the site file that a command was given; secrets that are read later are registered with `redactor`. */
export async function loadSiteFile(app: App, file: string, redactor?: Redactor): Promise<LoadedSite> {
  const [{ loadSite }, { siteParts }] = await Promise.all([
    import('../site/index.ts'),
    import('../providers/site-parts.ts'),
  ]);
  // Messages name the file as the person did when that works from where the process runs.
  const path = app.cwd === process.cwd() ? file : resolve(app.cwd, file);
  return loadSite(path, { parts: siteParts, environment: app.env, ...(redactor && { redactor }) });
}
