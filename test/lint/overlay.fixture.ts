import { readSource, type SourceFile } from '../../src/lint/read/index.ts';
import { renderSite, writeManifest } from '../../src/manifests/index.ts';
import { exampleSite, type ExampleProvider } from '../../src/providers/example-sites.fixture.ts';
import { isRecord, type PlacedObject } from '../../src/providers/index.ts';
import type { LoadedSite } from '../../src/site/index.ts';

/** The manifests that small ones are laid over: the examples of the project, in a normal install and as a side of a pair. */
export const baseNames = ['dcs', 'dcs-dr', 'vsphere', 'vsphere-dr', 'hcs', 'hcs-dr'] as const;
export type BaseName = (typeof baseNames)[number];

export interface Base {
  readonly loaded: LoadedSite;
  readonly objects: readonly PlacedObject[];
}

export function isBaseName(name: string): name is BaseName {
  return (baseNames as readonly string[]).includes(name);
}

function siteOf(name: BaseName): LoadedSite {
  const [provider = 'dcs', pair] = name.split('-') as [ExampleProvider, string?];
  if (pair === undefined) return exampleSite(provider);
  const plain = exampleSite(provider).site;
  const vip = plain.network.controlPlaneVIP;
  const dr = { role: 'primary', primaryVIP: vip, standbyVIP: vip.replace(/\d+$/, '99'), encryptionKey: 'env:KEY' };
  return exampleSite(provider, { dr });
}

const bases = new Map<BaseName, Promise<Base>>();

/** A complete manifest without a finding, rendered once. */
export function baseManifest(name: BaseName): Promise<Base> {
  let base = bases.get(name);
  base ??= renderBase(name);
  bases.set(name, base);
  return base;
}

async function renderBase(name: BaseName): Promise<Base> {
  const loaded = siteOf(name);
  const rendered = await renderSite(loaded, { secrets: 'stand-in' });
  const { objects } = readSource(`${name}.yaml`, writeManifest(rendered.manifest), { named: true });
  return { loaded, objects };
}

/**
 * Reads small documents and lays them over a complete manifest. A document goes over the object of its kind and name, else over
 * the first of its kind that no document names, or is added with `adds`. Maps are merged, null removes a key; lists of files are
 * merged by path, lists of maps of one length entry by entry, every other list is replaced. Places are those of the small document.
 */
export function overlay(base: readonly PlacedObject[], source: SourceFile, adds = false): PlacedObject[] {
  const result = [...base];
  const taken = new Set<PlacedObject>();
  const named = new Set(source.objects.map(keyOf));
  for (const top of source.objects) {
    const exact = result.findIndex((placed) => keyOf(placed) === keyOf(top) && !taken.has(placed));
    const free = (placed: PlacedObject): boolean =>
      placed.object.kind === top.object.kind && !taken.has(placed) && !named.has(keyOf(placed));
    const index = exact >= 0 || adds ? exact : result.findIndex(free);
    const below = result[index];
    if (!below) {
      result.push(top);
      taken.add(top);
      continue;
    }
    const merged: PlacedObject = { ...top, object: merge(below.object, top.object) as PlacedObject['object'] };
    result[index] = merged;
    taken.add(merged);
  }
  return result;
}

function keyOf({ object }: PlacedObject): string {
  return `${object.kind}/${String(object.metadata.name)}`;
}

function merge(below: unknown, top: unknown): unknown {
  if (isRecord(below) && isRecord(top)) {
    const result: Record<string, unknown> = { ...below };
    for (const [key, value] of Object.entries(top))
      if (value === null) Reflect.deleteProperty(result, key);
      else result[key] = merge(result[key], value);
    return result;
  }
  if (!Array.isArray(below) || !Array.isArray(top)) return top;
  const [lower, upper] = [below as unknown[], top as unknown[]];
  if (upper.length > 0 && upper.every(isFile)) return mergeFiles(lower, upper);
  return upper.length === lower.length && upper.every(isRecord) ? upper.map((item, i) => merge(lower[i], item)) : upper;
}

const isFile = (item: unknown): boolean =>
  isRecord(item) && typeof item['path'] === 'string' && ('content' in item || 'permissions' in item || 'owner' in item);

function mergeFiles(lower: readonly unknown[], upper: readonly unknown[]): unknown[] {
  const pathOf = (item: unknown): unknown => (isRecord(item) ? item['path'] : undefined);
  const paths = new Set(upper.map(pathOf));
  // The documents' own files come first and keep their places.
  return [
    ...upper.map((item) => merge(lower.find((other) => pathOf(other) === pathOf(item)) ?? {}, item)),
    ...lower.filter((item) => !paths.has(pathOf(item))),
  ];
}
