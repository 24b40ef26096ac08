import type { LoadedSite, Site } from '../../site/index.ts';

export interface RehearsalPlaces {
  /** Takes the place of `/` on the bootstrap host. */
  readonly hostRoot: string;
  /** The door into the data centre. */
  readonly proxy: string;
  readonly packages: Site['packages'];
}

/**
 * The same site, on another host: its packages, its root folder and the proxy it is reached through are the rehearsal's.
 * Everything that describes the cluster stays as it was written.
 */
export function rehearsedSite(loaded: LoadedSite, places: RehearsalPlaces): LoadedSite {
  const { site } = loaded;
  const { kubeconfig: _kubeconfig, ...access } = site.access;
  return {
    site: {
      ...site,
      packages: places.packages,
      bootstrap: { ...site.bootstrap, hostRoot: places.hostRoot },
      // The lab's installer keeps its own token and authority where callers find them.
      access: { ...access, proxy: places.proxy, installer: { tls: access.installer.tls } },
    },
    path: loaded.path,
    folder: loaded.folder,
    text: loaded.text,
    written: loaded.written,
    placeOf: (path, part) => loaded.placeOf(path, part),
    snippetOf: (path, part) => loaded.snippetOf(path, part),
    locate: (finding) => loaded.locate(finding),
    resolvePath: (path) => loaded.resolvePath(path),
    resolveSecret: (reference) => loaded.resolveSecret(reference),
    secretReferences: () => loaded.secretReferences(),
  };
}
