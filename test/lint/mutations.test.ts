import { describe, expect, it } from 'vitest';
import { lintManifest, viewManifest } from '../../src/lint/index.ts';
import { renderSite } from '../../src/manifests/index.ts';
import type { KubeObject } from '../../src/kube/index.ts';
import { exampleProviders, exampleSite, type ExampleProvider } from '../../src/providers/example-sites.fixture.ts';
import { isRecord, type FieldPath, type PlacedObject } from '../../src/providers/index.ts';
import { formatPath } from '../../src/site/index.ts';
import { freeFields } from './free-fields.fixture.ts';

interface Leaf {
  readonly index: number;
  readonly path: FieldPath;
  readonly value: unknown;
}

/** Every scalar of a manifest; of lists of entries that are made alike only the first entry. */
function leavesOf(objects: readonly KubeObject[]): Leaf[] {
  return objects.flatMap((object, index) => scalars(object, []).map((leaf) => ({ index, ...leaf })));
}

function scalars(value: unknown, path: FieldPath): Omit<Leaf, 'index'>[] {
  if (Array.isArray(value)) {
    const alike = ['pool', 'configs'].includes(String(path.at(-1)));
    return value.slice(0, alike ? 1 : undefined).flatMap((item, i) => scalars(item, [...path, i]));
  }
  if (isRecord(value)) return Object.entries(value).flatMap(([key, item]) => scalars(item, [...path, key]));
  return [{ path, value }];
}

function mutated(object: KubeObject, path: FieldPath, change: 'removed' | 'changed'): KubeObject {
  const copy = structuredClone(object) as unknown as Record<string | number, unknown>;
  const parent = path
    .slice(0, -1)
    .reduce<Record<string | number, unknown>>((at, step) => at[step] as typeof copy, copy);
  const key = path.at(-1) ?? '';
  if (change === 'removed') {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else Reflect.deleteProperty(parent, key);
  } else parent[key] = another(parent[key]);
  return copy as unknown as KubeObject;
}

function another(value: unknown): unknown {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value + 70_000;
  return `x-${String(value)}`;
}

async function linter(provider: ExampleProvider) {
  const loaded = exampleSite(provider);
  const { manifest, provider: facts } = await renderSite(loaded, { secrets: 'stand-in' });
  const placed = (object: KubeObject): PlacedObject => {
    return { object, origin: 'manifest', placeOf: () => undefined, snippetOf: () => undefined };
  };
  const found = (objects: readonly KubeObject[]): boolean =>
    lintManifest(viewManifest(facts, objects.map(placed), loaded.site)).length > 0;
  return { manifest, found };
}

/** `KubeadmControlPlane spec.replicas`: the name under which a fact may be free. */
function factName({ kind }: KubeObject, path: FieldPath): string {
  return `${kind} ${formatPath(path).replaceAll(/\[\d+\]/g, '[]')}`;
}

describe.each(exampleProviders)('a manifest of %s', (provider) => {
  it.each(['removed', 'changed'] as const)(
    'every single fact that is %s is found, but for those that are free',
    async (change) => {
      const { manifest, found } = await linter(provider);
      expect(found(manifest)).toBe(false);
      const silent = new Set<string>();
      for (const { index, path } of leavesOf(manifest)) {
        const original = manifest[index];
        // The reader refuses a document without these, and a name is the subject of another test.
        const unreadable = change === 'removed' && ['apiVersion', 'kind', 'metadata.name'].includes(formatPath(path));
        if (!original || unreadable) continue;
        const name = factName(original, path);
        const objects = manifest.map((object, at) => (at === index ? mutated(object, path, change) : object));
        if (!found(objects)) silent.add(name);
      }
      const unexpected = [...silent].filter((name) => !freeFields[change].some(({ fields }) => fields.test(name)));
      expect(unexpected).toEqual([]);
    },
  );
});
