import { resolve } from 'node:path';
import { pairTexts } from '../../dr/init/index.ts';
import { siteParts } from '../../providers/site-parts.ts';
import { parseSite } from '../../site/index.ts';

const standbyVips: Readonly<Record<string, string>> = {
  dcs: '10.10.30.10',
  vsphere: '10.30.50.10',
  hcs: '10.50.70.10',
};

/** The mistake that examples/dr/broken-prefix shows, and what lets it pass. */
const brokenPrefix = `
# The mistake that this pair is there to show is in base.yaml; ../README.md tells what comes of it.
manifest:
  base: base.yaml
lint:
  rules:
    MANIFEST_NAME_PREFIX: warning
`;

/** The pairs that `dr init` makes from the example sites, by path. */
export function examplePairs(sites: ReadonlyMap<string, string>): readonly (readonly [path: string, text: string])[] {
  const pairs = siteParts.map(({ id }) => [id, pairOf(sites, id, `examples/dr/${id}`)] as const);
  const broken = pairOf(sites, 'dcs', 'examples/dr/broken-prefix');
  return [
    ...pairs.flatMap(([id, { primary, standby }]) => [
      [`examples/dr/${id}/primary.yaml`, primary] as const,
      [`examples/dr/${id}/standby.yaml`, standby] as const,
    ]),
    ['examples/dr/broken-prefix/primary.yaml', breakIt(broken.primary)],
    ['examples/dr/broken-prefix/standby.yaml', breakIt(broken.standby)],
  ];
}

function pairOf(sites: ReadonlyMap<string, string>, id: string, folder: string) {
  const file = `examples/${id}/site.yaml`;
  const site = parseSite({ file, text: sites.get(file) ?? '', parts: siteParts, environment: {} });
  return pairTexts({
    site,
    standbyVIP: standbyVips[id] ?? '',
    encryptionKey: 'file:../secrets/encryption-key',
    etcdSyncVersion: site.site.versions.platform,
    folder: resolve(folder),
  });
}

function breakIt(text: string): string {
  return `${text.replace('name: global-dcs', 'name: global-broken-prefix')}${brokenPrefix}`;
}
