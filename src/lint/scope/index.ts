// Whose objects they are: which objects of a run are of one installation, which of those belong to which Cluster, which Cluster is
// meant to be `global`, and which provider each is of. Rules then look at one cluster of one installation at a time.
import { GlobalctlError } from '../../base/index.ts';
import type { PlacedObject, SupportedProvider } from '../../providers/index.ts';
import { viewOf, type ScopedView } from '../view.ts';
import { endpointsOf, type GlobalHints } from './choose-global.ts';
import { divideByCluster } from './divide.ts';
import { guessProvider } from './guess-provider.ts';
import { divideByInstallation, type Installation } from './installations.ts';
import { isClusterApi } from './references.ts';

export { divideByCluster, type Division } from './divide.ts';
export { isNearGlobal, type GlobalHints } from './choose-global.ts';
export { guessProvider } from './guess-provider.ts';
export { divideByInstallation, type Installation } from './installations.ts';
export { ObjectGraph } from './object-graph.ts';
export { isClusterApi, referencesOf, type ObjectReference } from './references.ts';

export interface ScopeRequest extends GlobalHints {
  readonly objects: readonly PlacedObject[];
  /** Holds for every cluster of the run; guessed for each when absent. */
  readonly provider?: SupportedProvider | undefined;
  readonly live?: readonly PlacedObject[] | undefined;
  /** Kinds that could not be read, where the objects are those of a cluster. */
  readonly unread?: ReadonlySet<string> | undefined;
}

/** An installation with what the rules look at: a view a cluster, `global` first, a last one for the objects of no cluster. */
export interface InstallationViews {
  readonly name: string;
  readonly views: readonly ScopedView[];
}

/**
 * The installations of a run. Site and live cluster are each of one installation, known by the endpoint where several have a global
 * cluster; throws USAGE where it does not show which.
 */
export function viewsOf(request: ScopeRequest): InstallationViews[] {
  const { objects, provider, live, site, cluster, unread } = request;
  const installations = divideByInstallation(objects, { site, cluster });
  const vip = site && new Set([site.network.controlPlaneVIP]);
  const ofSite = vip && holderOf(installations, vip, 'the site file');
  const ofLive = live && holderOf(installations, endpointsOf(live), 'the cluster of --live');
  return installations.map((installation) => {
    const hints = { cluster, site: [undefined, installation].includes(ofSite) ? site : undefined };
    const beside = [undefined, installation].includes(ofLive) ? live : undefined;
    const views = divideByCluster(installation.objects, hints).map((division) => {
      const { role, name, root, because } = division;
      return viewOf({
        provider: provider ?? guessProvider(division.objects),
        scope: { role, name, root, because, complete: division.objects.some(isClusterApi) },
        objects: division.objects,
        site: role === 'global' ? hints.site : undefined,
        live: beside,
        unread,
      });
    });
    return { name: installation.name, views };
  });
}

/** The installation with a global cluster that a site or a live cluster is of. */
function holderOf(
  installations: readonly Installation[],
  endpoints: ReadonlySet<string>,
  what: string,
): Installation | undefined {
  const all = installations.filter(({ hasGlobal }) => hasGlobal);
  if (all.length <= 1) return all[0];
  const [holder, ...others] = all.filter(({ objects }) =>
    [...endpointsOf(objects)].some((endpoint) => endpoints.has(endpoint)),
  );
  if (holder && others.length === 0) return holder;
  const names = all.map(({ name }) => name).join(', ');
  throw new GlobalctlError('USAGE', {
    message: `${what} is of one installation, and the files are of ${String(all.length)}: ${names}`,
    expected: `one installation with the control plane endpoint ${[...endpoints].join(' or ') || 'of the cluster'}`,
    found: holder ? 'several with it' : 'none with it',
    hint: 'Name the files of one installation.',
  });
}
