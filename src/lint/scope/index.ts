// Whose objects they are: which objects of a run belong to which Cluster, which Cluster is meant to be `global`, and which provider
// each is of. Rules then look at one cluster at a time.
import type { PlacedObject, SupportedProvider } from '../../providers/index.ts';
import { viewOf, type ScopedView } from '../view.ts';
import type { GlobalHints } from './choose-global.ts';
import { divideByCluster } from './divide.ts';
import { guessProvider } from './guess-provider.ts';
import { isClusterApi } from './references.ts';

export { divideByCluster, type Division } from './divide.ts';
export { isNearGlobal, type GlobalHints } from './choose-global.ts';
export { guessProvider } from './guess-provider.ts';
export { ObjectGraph } from './object-graph.ts';
export { isClusterApi, referencesOf, type ObjectReference } from './references.ts';

export interface ScopeRequest extends GlobalHints {
  readonly objects: readonly PlacedObject[];
  /** Holds for every cluster of the run; guessed for each when absent. */
  readonly provider?: SupportedProvider | undefined;
  readonly live?: readonly PlacedObject[] | undefined;
}

/** One view a cluster, `global` first; a last one for the objects of no cluster. */
export function viewsOf({ objects, provider, live, site, cluster }: ScopeRequest): ScopedView[] {
  return divideByCluster(objects, { site, cluster }).map((division) => {
    const { role, name, root, because } = division;
    return viewOf({
      provider: provider ?? guessProvider(division.objects),
      scope: { role, name, root, because, complete: division.objects.some(isClusterApi) },
      objects: division.objects,
      site: role === 'global' ? site : undefined,
      everything: objects,
      live,
    });
  });
}
