import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitApiVersion, type KubeObject } from '../kube/index.ts';
import { exampleProviders, exampleSite, type ExampleProvider } from '../providers/example-sites.fixture.ts';
import { renderSite } from '../manifests/index.ts';
import type { FieldPath, PlacedObject } from '../providers/index.ts';
import type { Finding } from '../site/index.ts';
import { lintManifest, viewManifest } from './index.ts';

/** Every name that must be right: of the objects that machines hang on, and in every reference between them. */
function requiredNames(objects: readonly KubeObject[]): { index: number; path: FieldPath; value: string }[] {
  return objects.flatMap((object, index) => {
    const { group } = splitApiVersion(object.apiVersion);
    const own = group.endsWith('cluster.x-k8s.io')
      ? [{ index, path: ['metadata', 'name'] as FieldPath, value: String(object.metadata.name) }]
      : [];
    return [...own, ...references(object['spec'], ['spec']).map((found) => ({ index, ...found }))];
  });
}

function references(value: unknown, path: FieldPath): { path: FieldPath; value: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const at: FieldPath = [...path, Array.isArray(value) ? Number(key) : key];
    const refersByName = key === 'name' && typeof child === 'string' && /Ref$/.test(String(path.at(-1)));
    const refersByText = key === 'clusterName' && typeof child === 'string';
    return refersByName || refersByText ? [{ path: at, value: child }] : references(child, at);
  });
}

function withName(object: KubeObject, path: FieldPath, value: string): KubeObject {
  const copy = structuredClone(object) as unknown as Record<string | number, unknown>;
  const parent = path
    .slice(0, -1)
    .reduce<Record<string | number, unknown>>((at, step) => at[step] as typeof copy, copy);
  parent[path.at(-1) ?? ''] = value;
  return copy as unknown as KubeObject;
}

/** Renders once; answers what the rules say after a change of the objects. */
async function linter(provider: ExampleProvider) {
  const loaded = exampleSite(provider);
  const rendered = await renderSite(loaded, { secrets: 'stand-in' });
  const place = { file: 'm.yaml', line: 1, column: 1 };
  const findingsOf = (objects: readonly KubeObject[]): Finding[] => {
    const placed = objects.map((object): PlacedObject => {
      return { object, origin: 'manifest', placeOf: () => place, snippetOf: () => undefined };
    });
    return lintManifest(viewManifest(rendered.provider, placed, loaded.site));
  };
  return { manifest: rendered.manifest, findingsOf };
}

describe.each(exampleProviders)('names of a %s manifest', (provider) => {
  it('any single one that is changed is found', async () => {
    const { manifest, findingsOf } = await linter(provider);
    const names = requiredNames(manifest);
    expect(names.length).toBeGreaterThan(15);
    const wrong = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}[a-z0-9]$/).filter((name) => !name.startsWith('global'));
    fc.assert(
      fc.property(fc.constantFrom(...names), wrong, ({ index, path }, name) => {
        const changed = manifest.map((object, at) => (at === index ? withName(object, path, name) : object));
        const errors = findingsOf(changed).filter(({ severity }) => severity === 'error');
        expect(errors.map(({ found }) => found)).toContain(name);
      }),
      { numRuns: 100 },
    );
  });

  it('a prefix that is dropped everywhere is found though every reference fits', async () => {
    const { manifest, findingsOf } = await linter(provider);
    const names = requiredNames(manifest).map(({ value }) => value);
    for (const name of new Set(names.filter((value) => value.startsWith('global-')))) {
      const bare = JSON.stringify(manifest).replaceAll(`"${name}"`, `"${name.slice('global-'.length)}"`);
      const codes = findingsOf(JSON.parse(bare) as KubeObject[]).map(({ code }) => code);
      // A Secret is no provider object: its name is compared with the site's instead.
      const refused = codes.some((code) => code === 'MANIFEST_NAME_PREFIX' || code === 'MANIFEST_CREDENTIAL');
      expect(refused, name).toBe(true);
    }
  });
});
