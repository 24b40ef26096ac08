import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import type { KubeObject } from '../kube/index.ts';
import { siteParts } from './site-parts.ts';
import { parseSite, type LoadedSite } from '../site/index.ts';

/** The examples that the project ships; tests change copies of them. */
export const exampleProviders = ['dcs', 'vsphere', 'hcs'] as const;

export type ExampleProvider = (typeof exampleProviders)[number];

const folder = (provider: ExampleProvider): string => resolve(import.meta.dirname, '../../examples', provider);

/** An example site with values merged in; `undefined` removes a key. Lists are replaced. Secrets stay those of the example. */
export function exampleSite(provider: ExampleProvider, changes: Record<string, unknown> = {}): LoadedSite {
  const file = join(folder(provider), 'site.yaml');
  const text = readFileSync(file, 'utf8');
  const changed = Object.keys(changes).length === 0 ? text : stringify(merge(parse(text), changes));
  return parseSite({ file, text: changed, parts: siteParts, environment: {} });
}

function merge(base: unknown, changes: unknown): unknown {
  if (typeof changes !== 'object' || changes === null || Array.isArray(changes)) return changes;
  const result: Record<string, unknown> =
    typeof base === 'object' && base !== null && !Array.isArray(base) ? { ...base } : {};
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}

/** Writes a base manifest into a folder that goes with the test; the path to give as `manifest.base`. */
export async function writeBase(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'globalctl-base-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'base.yaml');
  await writeFile(path, text);
  return path;
}

/** The object of a manifest; fails the test when it is not there. */
export function objectOf(objects: readonly KubeObject[], kind: string, name: string): KubeObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (!found) throw new Error(`the manifest has no ${kind} ${name}`);
  return found;
}
