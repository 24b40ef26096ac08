import { machineSources, objectIndex } from '../manifests/index.ts';
import type { ClusterScope, ManifestView, ObjectsView, PlacedObject, SupportedProvider } from '../providers/index.ts';
import type { Site } from '../site/index.ts';

/** What rules look at, with the rules of its provider. */
export interface LintView extends ManifestView {
  readonly provider: SupportedProvider;
}

/** What rules look at where the provider may be unknown. */
export interface ScopedView extends ObjectsView {
  readonly provider: SupportedProvider | undefined;
}

export interface ViewParts {
  readonly provider: SupportedProvider | undefined;
  readonly scope: ClusterScope;
  readonly objects: readonly PlacedObject[];
  readonly site?: Site | undefined;
  /** Kinds that could not be read from the cluster that the objects are of. */
  readonly unread?: ReadonlySet<string> | undefined;
  readonly live?: readonly PlacedObject[] | undefined;
}

/** Prepares the objects of one cluster for the rules: the index, and what the references lead to, are worked out once. */
export function viewOf({ provider, scope, objects, site, live, unread = new Set() }: ViewParts): ScopedView {
  const { find, ofKind } = objectIndex(objects);
  const sources = machineSources(provider, objects, find);
  const isRead = (kind: string): boolean => !unread.has(kind);
  return { provider, scope, site, objects, live, unread, isRead, find, ofKind, sources };
}

/** The view of a manifest that is known to be that of `global`. */
export function viewManifest(provider: SupportedProvider, objects: readonly PlacedObject[], site?: Site): LintView {
  const root = objects.find(({ object }) => object.kind === 'Cluster');
  const name = root?.object.metadata.name;
  const scope: ClusterScope = { role: 'global', name, root, complete: true, because: 'the manifest is that of global' };
  return { ...viewOf({ provider, scope, objects, site }), provider };
}
