import { renderSite, type RenderedSite } from '../manifests/index.ts';
import { providerOf } from '../providers/index.ts';
import type { Finding, LoadedSite } from '../site/index.ts';
import { lintManifest } from './engine.ts';
import { viewManifest } from './view.ts';

export interface SiteLint {
  /** What the provider says of the site, then what the rules say of its manifest. */
  readonly findings: readonly Finding[];
  /** The manifest that was looked at; stand-ins in the place of secrets. */
  readonly rendered: RenderedSite;
}

/**
 * Checks a site as far as its provider and its manifest go, merged with `manifest.base` where there is one. Reads no secret.
 * Throws what rendering throws: a base manifest that is missing or unreadable, a planned provider.
 */
export async function lintSite(loaded: LoadedSite): Promise<SiteLint> {
  const provider = providerOf(loaded.site);
  const rendered = await renderSite(loaded, { secrets: 'stand-in' });
  const ofSite = provider.checkSite(loaded.site).map((finding) => loaded.locate(finding));
  const ofManifest = lintManifest(viewManifest(provider, rendered.placed, loaded.site));
  return { findings: [...ofSite, ...ofManifest], rendered };
}
