import type { KubeObject } from '../kube/index.ts';
import { renderSite, sourceOf, type RenderedSite } from '../manifests/index.ts';
import { INSTALLER_REQUEST, providerOf, type PlacedObject } from '../providers/index.ts';
import type { LoadedSite } from '../site/index.ts';
import { lintManifest } from './engine.ts';
import type { LintFinding } from './finding.ts';
import {
  applyIgnores,
  applyPolicy,
  ignoreComments,
  policyOf,
  type IgnoredFinding,
  type LintPolicy,
} from './policy/index.ts';
import { ruleIds } from './rule-list.ts';
import { immutableTemplate } from './rules/index.ts';
import { checkSchemas, SchemaSet, withoutEchoes } from './schema/index.ts';
import { viewManifest, type ScopedView } from './view.ts';

export interface SiteLint {
  /** What the provider says of the site, then what the rules say of its manifest. */
  readonly findings: readonly LintFinding[];
  readonly ignored: readonly IgnoredFinding[];
  readonly view: ScopedView;
  /** The manifest that was looked at; stand-ins in the place of secrets. */
  readonly rendered: RenderedSite;
}

/**
 * Checks a site as far as its provider and its manifest go, merged with `manifest.base` where there is one, under the severities of
 * its section `lint` and the ignore comments of the base manifest. Reads no secret.
 * Throws what rendering throws: a base manifest that is missing or unreadable, a planned provider.
 */
export async function lintSite(loaded: LoadedSite, policy: LintPolicy = sitePolicy(loaded)): Promise<SiteLint> {
  const provider = providerOf(loaded.site);
  const rendered = await renderSite(loaded, { secrets: 'stand-in' });
  const ofSite = provider.checkSite(loaded.site).map((finding) => loaded.locate(finding));
  const objects = [...rendered.placed, ...besides(loaded, rendered)];
  const view = viewManifest(provider, objects, loaded.site);
  const ofRules = lintManifest(view);
  // What is rendered from the site alone fits its schemas; what a person wrote may not.
  const written = rendered.placed.filter(({ origin }) => origin === 'manifest');
  const ofSchemas = withoutEchoes(await checkSchemas(written, new SchemaSet()), ofRules);
  const found = applyPolicy(policy, [...ofSite, ...ofRules, ...ofSchemas]);
  const texts = new Set(rendered.placed.flatMap((placed) => sourceOf(placed)?.text ?? []));
  const { findings, ignored } = applyIgnores({
    findings: found,
    comments: [...texts].flatMap((text) => ignoreComments(text, rendered.placed)),
    known: ruleIds(),
    // Merging cures some findings of a base manifest: a comment about one is not left over.
    couldFind: () => false,
  });
  return { findings, ignored, view, rendered };
}

/**
 * What a site renders to, beside what a cluster has: edits of templates that an apply would make. Reads no secret.
 * Throws what rendering throws.
 */
export async function compareWithCluster(
  loaded: LoadedSite,
  { live, policy }: { readonly live: readonly PlacedObject[]; readonly policy: LintPolicy },
): Promise<LintFinding[]> {
  const { placed } = await renderSite(loaded, { secrets: 'stand-in' });
  const view = { ...viewManifest(providerOf(loaded.site), placed, loaded.site), live };
  return applyPolicy(policy, lintManifest(view, [immutableTemplate]));
}

/** The severities that a site file gives to rules. */
export function sitePolicy({ site }: Pick<LoadedSite, 'site'>): LintPolicy {
  return policyOf({ site: site.lint.rules, known: ruleIds() });
}

/** What an installation has beside the manifest, at the fields of the site that it says. */
function besides(loaded: LoadedSite, rendered: RenderedSite): PlacedObject[] {
  const at = (object: KubeObject, field: string): PlacedObject => ({
    object,
    origin: 'site',
    placeOf: () => loaded.placeOf(field),
    snippetOf: () => loaded.snippetOf(field),
  });
  const request = {
    apiVersion: 'cpaas-installer/v1',
    kind: INSTALLER_REQUEST,
    metadata: { name: 'installer request' },
  };
  return [
    ...rendered.appReleases.map((object) => at(object, 'versions')),
    ...(rendered.importConfigMap ? [at(rendered.importConfigMap, 'provider')] : []),
    at({ ...request, ...rendered.installerRequest }, 'platform'),
  ];
}
