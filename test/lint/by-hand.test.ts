import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixSources } from '../../src/lint/fix/index.ts';
import { lintSite } from '../../src/lint/index.ts';
import { readSource } from '../../src/lint/read/index.ts';
import { lint } from '../../src/lint/run.ts';
import {
  exampleProviders,
  exampleSite,
  writeBase,
  type ExampleProvider,
} from '../../src/providers/example-sites.fixture.ts';

function byHand(provider: ExampleProvider) {
  const file = join(import.meta.dirname, '../../examples/by-hand', `${provider}.yaml`);
  return readSource(file, readFileSync(file, 'utf8'), { named: true });
}

async function fixed(provider: ExampleProvider): Promise<string> {
  const { files } = await fixSources({ sources: [byHand(provider)] });
  return files[0]?.after.text ?? '';
}

describe.each(exampleProviders)('the manifest of %s that was written by hand', (provider) => {
  it('has slips in names, labels and words, and each can be cured without asking', async () => {
    const { findings } = await lint({ sources: [byHand(provider)] });
    expect(findings.length).toBeGreaterThanOrEqual(10);
    expect(findings.filter(({ fixes = [] }) => fixes.length === 0)).toEqual([]);
  });

  it('has no finding when it was fixed, with its site or without, and keeps its comments', async () => {
    const text = await fixed(provider);
    const source = readSource('fixed.yaml', text, { named: true });
    for (const site of [undefined, exampleSite(provider).site])
      expect((await lint({ sources: [source], site })).findings).toEqual([]);
    expect(text.match(/^# .*$/gm)).toEqual(byHand(provider).text.text.match(/^# .*$/gm));
    expect((await fixSources({ sources: [source] })).files).toEqual([]);
  });

  it('then serves as the base of a site that has no finding either', async () => {
    const base = await writeBase(await fixed(provider));
    const { findings } = await lintSite(exampleSite(provider, { manifest: { base } }));
    expect(findings).toEqual([]);
  });
});
