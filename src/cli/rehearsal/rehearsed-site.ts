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
  return withSite(loaded, {
    ...site,
    packages: places.packages,
    bootstrap: { ...site.bootstrap, hostRoot: places.hostRoot },
    access: { ...access, proxy: places.proxy },
  });
}

/** The same file with other values; where a value stands, and its secrets, are those of the file. */
export function withSite(loaded: LoadedSite, site: Site): LoadedSite {
  return {
    site,
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
