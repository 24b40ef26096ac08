import { machineSources, objectIndex } from '../manifests/index.ts';
import type { ManifestView, PlacedObject, SupportedProvider } from '../providers/index.ts';
import type { Site } from '../site/index.ts';

/** Prepares objects for the rules: the index by kind and name, and what the references lead to, are worked out once. */
export function viewManifest(provider: SupportedProvider, objects: readonly PlacedObject[], site?: Site): ManifestView {
  const { find, ofKind } = objectIndex(objects);
  return { provider, site, objects, find, ofKind, sources: machineSources(provider, objects, find) };
}
