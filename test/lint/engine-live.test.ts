import { describe, expect, it } from 'vitest';
import { lint } from '../../src/lint/index.ts';
import { renderSite } from '../../src/manifests/index.ts';
import { exampleProviders, exampleSite } from '../../src/providers/example-sites.fixture.ts';
import type { PlacedObject } from '../../src/providers/index.ts';

const endpoint = { host: '10.50.60.10', port: 6443 };

/** What a cluster has after an install: the installer's registry, the endpoint that a provider fills in. */
async function installed(provider: (typeof exampleProviders)[number]): Promise<PlacedObject[]> {
  const { manifest, appReleases } = await renderSite(exampleSite(provider), { secrets: 'stand-in' });
  return [...manifest, ...appReleases].map((object) => {
    const copy = structuredClone(object);
    const { annotations } = copy.metadata;
    if (annotations && 'cpaas.io/registry-address' in annotations)
      annotations['cpaas.io/registry-address'] = 'platform.example.com:11443';
    if (copy.kind === 'HCSCluster') Object.assign(copy['spec'] as object, { controlPlaneEndpoint: endpoint });
    return { object: copy, origin: 'live', placeOf: () => undefined, snippetOf: () => undefined };
  });
}

describe.each(exampleProviders)('a live cluster on %s', (provider) => {
  it('that is healthy has no finding, with its site file or without', async () => {
    const objects = await installed(provider);
    const { site } = exampleSite(provider);
    for (const request of [{}, { site }]) {
      const { findings } = await lint({ sources: [], objects, ...request });
      expect(findings.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
    }
  });

  it('that lacks the credential is warned of once', async () => {
    const objects = (await installed(provider)).filter(({ object }) => object.kind !== 'Secret');
    const { findings } = await lint({ sources: [], objects });
    const credential = findings.filter(({ path }) => /credentialSecretRef|identityRef/.test(path));
    expect(credential).toMatchObject([{ code: 'MANIFEST_REFERENCE_DANGLING', severity: 'warning' }]);
  });

  it('of which one kind could not be read has no finding, and says which rules look at that kind', async () => {
    const objects = await installed(provider);
    for (const kind of new Set(objects.map(({ object }) => object.kind))) {
      const seen = objects.filter(({ object }) => object.kind !== kind);
      const { findings, limited } = await lint({ sources: [], objects: seen, unread: new Set([kind]) });
      expect(
        findings.map(({ code, message }) => `${code}: ${message}`),
        kind,
      ).toEqual([]);
      if (kind !== 'AppRelease') expect(limited, kind).not.toEqual([]);
    }
  });

  it('of which Secrets could not be read still shows every other mistake', async () => {
    const objects = (await installed(provider)).filter(({ object }) => object.kind !== 'Secret');
    const wrong = objects.map((placed): PlacedObject => {
      const { kind, metadata } = placed.object;
      const name = String(metadata.name).replace(kind.endsWith('MachineTemplate') ? 'global-' : /^$/, '');
      const object = { ...placed.object, metadata: { ...metadata, name, namespace: 'default' } };
      return { ...placed, object };
    });
    const { findings } = await lint({ sources: [], objects: wrong, unread: new Set(['Secret']) });
    const codes = new Set(findings.map(({ code }) => code));
    expect(codes).toContain('MANIFEST_NAME_PREFIX');
    expect(codes).toContain('MANIFEST_NAMESPACE');
    expect(codes).toContain('MANIFEST_REFERENCE_DANGLING');
    expect(findings.filter(({ message }) => message.includes('Secret'))).toEqual([]);
  });
});
