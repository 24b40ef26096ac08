import { GlobalctlError } from '../../base/index.ts';
import { formatImageName } from '../oci/reference.ts';
import { platformsOf, type ConfigContent } from './configs.ts';
import type { PackageContents } from './contents.ts';

/**
 * What of a package does not run on nodes of an architecture (`amd64`, `arm64`): the package itself by what it says, and each
 * image that says its platforms and has none for it. Each is a PACKAGE_ARCHITECTURE.
 */
export function architectureFaults(
  contents: Pick<PackageContents, 'path' | 'architecture' | 'images' | 'manifests'>,
  configs: ReadonlyMap<string, Pick<ConfigContent, 'platform'>>,
  architecture: string,
): GlobalctlError[] {
  const faults: GlobalctlError[] = [];
  const { path } = contents;
  if (contents.architecture !== undefined && contents.architecture !== architecture)
    faults.push(architectureFault(path, { expected: architecture, found: contents.architecture }));
  for (const image of contents.images) {
    const platforms = platformsOf(contents, image, configs);
    if (platforms.length === 0 || platforms.some((platform) => platform.split('/')[1] === architecture)) continue;
    faults.push(
      new GlobalctlError('PACKAGE_ARCHITECTURE', {
        message: `${path}: ${formatImageName(image.name)} does not run on ${architecture}`,
        subject: path,
        expected: `linux/${architecture}`,
        found: platforms.join(', '),
      }),
    );
  }
  return faults;
}

export function architectureFault(
  path: string,
  said: { readonly expected: string; readonly found: string },
): GlobalctlError {
  return new GlobalctlError('PACKAGE_ARCHITECTURE', {
    message: `${path}: a package for ${said.found}, and the nodes are ${said.expected}`,
    subject: path,
    ...said,
  });
}

/** The architecture in a file name of the guide's form, `NAME.ARCHITECTURE.VERSION.tgz`; undefined in another name. */
export function architectureOfName(fileName: string): string | undefined {
  return /\.(amd64|arm64)\.v?\d[^/]*\.(tgz|tar|tar\.gz|tar\.zst)$/.exec(fileName)?.[1];
}
