import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseDocument } from 'yaml';
import type { ExampleProvider } from '../providers/example-sites.fixture.ts';
import { providerOf, siteParts } from '../providers/index.ts';
import { parsePath, parseSite } from '../site/index.ts';
import { pairOf, type Pair, type PairedSite, type SideName } from './pair.ts';

const examples = resolve(import.meta.dirname, '../../examples');

/** Text of the example site that pairs are made from. */
export function writeExample(provider: ExampleProvider): string {
  return readFileSync(resolve(examples, provider, 'site.yaml'), 'utf8');
}

/** Values by the path of their field; `undefined` removes one. */
export type FieldChanges = Readonly<Record<string, unknown>>;

/** The example pair of a provider with fields of one side changed, and environment variables that its secrets may name. */
export function examplePair(
  provider: ExampleProvider,
  changes: Partial<Record<SideName, FieldChanges>> = {},
  environment: Readonly<Record<string, string>> = {},
): Pair {
  const side = (name: SideName): PairedSite => {
    const file = resolve(examples, 'dr', provider, `${name}.yaml`);
    const text = readFileSync(file, 'utf8');
    const document = parseDocument(text);
    for (const [path, value] of Object.entries(changes[name] ?? {}))
      if (value === undefined) document.deleteIn(parsePath(path));
      else document.setIn(parsePath(path), document.createNode(value));
    const changed = changes[name] ? document.toString() : text;
    const loaded = parseSite({ file, text: changed, parts: siteParts, environment });
    return { loaded, provider: providerOf(loaded.site) };
  };
  return pairOf([side('standby'), side('primary')]);
}
