import type { Redactor } from '../base/index.ts';
import type { SupportedProvider } from '../providers/index.ts';
import type { LoadedSite } from '../site/index.ts';
import type { App } from './app.ts';

export interface OpenedSite {
  readonly loaded: LoadedSite;
  readonly provider: SupportedProvider;
}

/** Loads the site file that a command was given, with the provider it names. The schema is loaded only now. */
export async function openSite(app: App, file: string, redactor: Redactor): Promise<OpenedSite> {
  const [{ loadSite }, { providerOf, siteParts }] = await Promise.all([
    import('../site/index.ts'),
    import('../providers/index.ts'),
  ]);
  const loaded = await loadSite(file, { parts: siteParts, environment: app.env, redactor });
  return { loaded, provider: providerOf(loaded.site) };
}
