import { machineSources, objectIndex } from '../manifests/index.ts';
import type { ManifestView, PlacedObject, SupportedProvider } from '../providers/index.ts';
import type { Site } from '../site/index.ts';

/** What rules look at, with the rules of its provider. */
export interface LintView extends ManifestView {
  readonly provider: SupportedProvider;
}

/** Prepares objects for the rules: the index by kind and name, and what the references lead to, are worked out once. */
export function viewManifest(provider: SupportedProvider, objects: readonly PlacedObject[], site?: Site): LintView {
  const { find, ofKind } = objectIndex(objects);
  return { provider, site, objects, find, ofKind, sources: machineSources(provider, objects, find) };
}
