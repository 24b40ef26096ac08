import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lint } from '../../src/lint/run.ts';
import { readSource } from '../../src/lint/read/index.ts';
import { lintSite } from '../../src/lint/index.ts';
import { renderSite, writeManifest } from '../../src/manifests/index.ts';
import { exampleProviders, exampleSite, type ExampleProvider } from '../../src/providers/example-sites.fixture.ts';
import { versionRows, type LoadedSite } from '../../src/site/index.ts';

/** What differs between sites and must not matter to any rule. */
interface SiteChoice {
  readonly pools: readonly { readonly name: string; readonly nodes: number }[];
  readonly pair: boolean;
  readonly podCIDR: string;
  readonly serviceCIDR: string;
  readonly platformHost: string;
  readonly registryHost: string;
  readonly controlPlaneNames: readonly string[];
  readonly release: string;
}

const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}[a-z0-9]$/);
const imageReleases = versionRows.filter(
  ({ image, kubernetes }) => image !== undefined && kubernetes.startsWith('v1.33'),
);

const choices: fc.Arbitrary<SiteChoice> = fc.record({
  pools: fc.uniqueArray(fc.record({ name: label, nodes: fc.integer({ min: 1, max: 4 }) }), {
    minLength: 1,
    maxLength: 3,
    // Names that differ by the prefix alone lead to objects of one name.
    selector: ({ name }) => name.replace(/^global-/, ''),
  }),
  pair: fc.boolean(),
  podCIDR: fc.constantFrom('100.3.0.0/16', '10.244.0.0/16', '100.96.0.0/12'),
  serviceCIDR: fc.constantFrom('100.4.0.0/16', '10.96.0.0/16'),
  platformHost: fc.constantFrom('platform.example.com', 'acp.internal.example.org'),
  registryHost: fc.constantFrom('192.168.7.5', 'kind.example.com'),
  controlPlaneNames: fc.uniqueArray(label, { minLength: 3, maxLength: 3 }),
  release: fc.constantFrom(...imageReleases.map(({ platform }) => platform)),
});

function siteOf(provider: ExampleProvider, choice: SiteChoice): LoadedSite {
  const { site } = exampleSite(provider);
  const vip = site.network.controlPlaneVIP;
  const network = vip.replace(/\.\d+$/, '');
  const [worker] = site.workers;
  const row = versionRows.find(({ platform }) => platform === choice.release);
  let next = 20;
  return exampleSite(provider, {
    platform: { host: choice.platformHost },
    bootstrap: { registry: { nodeAddress: `${choice.registryHost}:11443` } },
    network: { podCIDR: choice.podCIDR, serviceCIDR: choice.serviceCIDR },
    versions: {
      platform: choice.release,
      image: row?.image,
      kubernetes: row?.kubernetes,
      coredns: row?.coredns,
      etcd: row?.etcd,
      kubeOvn: row?.kubeOvnChart,
    },
    controlPlane: {
      nodes: choice.controlPlaneNames.map((name, i) => ({
        hostname: `cp-${name}`,
        ip: `${network}.${String(11 + i)}`,
      })),
    },
    workers: choice.pools.map(({ name, nodes }) => ({
      name,
      nodes: Array.from({ length: nodes }, (_, i) => ({
        hostname: `${name}-${String(i)}-w`,
        ip: `${network}.${String(next++)}`,
      })),
      machine: worker?.machine,
    })),
    ...(choice.pair && {
      dr: { role: 'standby', primaryVIP: `${network}.99`, standbyVIP: vip, encryptionKey: 'env:KEY' },
    }),
  });
}

describe.each(exampleProviders)('a rendered site of %s', (provider) => {
  it('has no finding, whatever its names, pools, networks, release and kind of install', async () => {
    await fc.assert(
      fc.asyncProperty(choices, async (choice) => {
        const loaded = siteOf(provider, choice);
        const said = (list: readonly { code: string; message: string }[]): string[] =>
          list.map(({ code, message }) => `${code}: ${message}`);
        expect(said((await lintSite(loaded)).findings)).toEqual([]);
        const { manifest } = await renderSite(loaded, { secrets: 'stand-in' });
        const source = readSource('new-global.yaml', writeManifest(manifest), { named: true });
        expect(said((await lint({ sources: [source] })).findings)).toEqual([]);
        expect(said((await lint({ sources: [source], site: loaded.site })).findings)).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });
});
