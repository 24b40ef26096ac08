import { packageInvalid } from '../invalid.ts';
import { formatPlatform, type Descriptor } from '../oci/descriptor.ts';
import type { Manifest } from '../oci/manifest.ts';

/**
 * The image for one platform (`linux/amd64`, `linux/arm64/v8`) below an index; what is no index is answered as it is. Throws
 * PACKAGE_INVALID when the index has none for it.
 */
export function choosePlatform(
  source: { readonly label: string; readonly manifests: ReadonlyMap<string, Manifest> },
  top: Descriptor,
  platform: string,
): Descriptor {
  const children = source.manifests.get(top.digest)?.manifests ?? [];
  if (children.length === 0) return top;
  const said = children.map((child) => formatPlatform(child.platform));
  const exact = said.indexOf(platform);
  // A variant that is not asked for does not matter.
  const found = children[exact >= 0 ? exact : said.findIndex((text) => text?.startsWith(`${platform}/`))];
  if (!found)
    throw packageInvalid(source.label, `holds no image for ${platform}`, {
      expected: platform,
      found: [...new Set(said.filter((text) => text !== undefined))].join(', ') || 'no platform',
    });
  return found;
}
