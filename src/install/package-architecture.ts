import { basename } from 'node:path';
import type { GlobalctlError } from '../base/index.ts';
import { architectureFault, architectureFaults, architectureOfName, readPackageHead } from '../pack/index.ts';

/** The guide's nodes and bootstrap host are of this architecture: its tools lie in `res/amd64`, and the site has no field for another. */
const NODE_ARCHITECTURE = 'amd64';

/**
 * What keeps a package from running on the nodes, by its file name and, when it is in our form, by its head: PACKAGE_ARCHITECTURE.
 * undefined for a package that fits, and for one of the vendor's own form under a name that says nothing.
 */
export async function findForeignPackage(path: string): Promise<GlobalctlError | undefined> {
  const stated = architectureOfName(basename(path));
  if (stated !== undefined && stated !== NODE_ARCHITECTURE)
    return architectureFault(path, { expected: NODE_ARCHITECTURE, found: stated });
  const contents = await readPackageHead(path);
  // index.json of our packages says the platforms; configs need not be read for them.
  return contents && architectureFaults(contents, new Map(), NODE_ARCHITECTURE)[0];
}
