import { join, resolve } from 'node:path';
import { renderSite, writeManifest } from '../../manifests/index.ts';
import { buildSamplePackages as build, type SamplePackages } from '../../lab/packages/index.ts';
import type { LoadedSite } from '../../site/index.ts';
import type { App } from '../app.ts';

export interface SiteDelivery {
  readonly loaded: LoadedSite;
  /** Folder of CRDs that take the place of the lab's own. */
  readonly crdsFolder?: string | undefined;
  /** Folder to write into; one below the cache when absent. */
  readonly folder?: string | undefined;
  readonly cacheFolder: string;
}

/** A sample delivery under the package names and versions of the site, with every image that its manifest names. */
export async function buildSamplePackages(app: App, delivery: SiteDelivery): Promise<SamplePackages> {
  const { site } = delivery.loaded;
  const { packages, versions } = site;
  return await build({
    provider: site.provider,
    versions: {
      platform: versions.platform,
      kubeadmProvider: versions.kubeadmProvider,
      infrastructureProvider: versions.infrastructureProvider,
      kubeOvn: versions.kubeOvn,
      etcdSync: site.dr?.etcdSyncVersion,
    },
    names: {
      core: packages.core,
      kubeadmProvider: packages.kubeadmProvider,
      infrastructureProvider: packages.infrastructureProvider,
    },
    extraImages: await manifestImages(delivery.loaded),
    crdsFolder: delivery.crdsFolder === undefined ? undefined : resolve(app.cwd, delivery.crdsFolder),
    self: { program: app.self.program, args: app.self.args.map((word) => resolve(app.cwd, word)) },
    folder: delivery.folder ?? join(delivery.cacheFolder, 'packages'),
    cached: delivery.folder === undefined,
  });
}

/** The images that containers of the manifest run, those inside resources that it carries for the new cluster included. */
async function manifestImages(loaded: LoadedSite): Promise<{ repository: string; tag: string }[]> {
  const text = writeManifest((await renderSite(loaded, { secrets: 'stand-in' })).manifest);
  const images = new Map<string, { repository: string; tag: string }>();
  for (const [, repository = '', tag = ''] of text.matchAll(/\bimage:\s*["']?[^\s"'/]+\/([^\s"':]+):([^\s"']+)/g))
    images.set(`${repository}:${tag}`, { repository, tag });
  return [...images.values()];
}
