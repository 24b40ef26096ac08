import { describe, expect, it } from 'vitest';
import { readSource } from '../../src/lint/read/index.ts';
import { allRules, type ListedRule } from '../../src/lint/rule-list.ts';
import { lint } from '../../src/lint/run.ts';
import type { Site } from '../../src/site/index.ts';
import { baseManifest, isBaseName, overlay } from './overlay.fixture.ts';

const listed = allRules();

/** Codes of which some rule compares the manifest with its site. */
const needSite = new Set<string>(['MANIFEST_CREDENTIAL', 'MANIFEST_PROVIDER_VERSION']);

/** What is not there, or there twice, cannot be shown in a part of a manifest; the corpus has whole ones. */
const shownInTheCorpus = [
  'MANIFEST_DUPLICATE: Every object occurs once.',
  'MANIFEST_OBJECT_MISSING: ',
  "MANIFEST_ENCRYPTION: vsphere: The control plane's files hold",
];
const title = ({ rule, provider }: ListedRule): string =>
  `${rule.code}: ${provider ? `${provider.id}: ` : ''}${rule.what}`;

/** Examples leave the apiVersion out where the kind says enough; it is added at the end of a document, so that lines stay. */
function withApiVersions(text: string, versions: ReadonlyMap<string, string>): string {
  return text
    .split(/^---\n/m)
    .map((part) => {
      const kind = /^kind: (\S+)/m.exec(part)?.[1] ?? '';
      return kind === '' || /^apiVersion:/m.test(part) ? part : `${part}apiVersion: ${versions.get(kind) ?? 'v1'}\n`;
    })
    .join('---\n');
}

async function codesOf({ rule, provider }: ListedRule, text: string): Promise<string[]> {
  if (rule.code.startsWith('LINT_')) {
    const source = readSource('example.yaml', text, { named: true });
    const { findings } = await lint({ sources: [source] });
    return [...new Set(findings.map(({ code }) => code))];
  }
  const name = provider?.id ?? /(VSphere|HCS)/.exec(text)?.[1]?.toLowerCase() ?? 'dcs';
  if (!isBaseName(name)) throw new Error(`there is no base manifest ${name}`);
  const base = await baseManifest(name);
  const versions = new Map(base.objects.map(({ object }) => [object.kind, object.apiVersion]));
  const source = readSource('example.yaml', withApiVersions(text, versions), { named: true });
  const objects = overlay(base.objects, source, rule.appliesTo === 'workload');
  const { findings } = await lint({
    sources: [{ ...source, objects }],
    site: needSite.has(rule.code) ? olderSite(base.loaded.site) : undefined,
    live: rule.code === 'MANIFEST_TEMPLATE_IMMUTABLE' ? base.objects : undefined,
  });
  return [...new Set(findings.map(({ code }) => code))];
}

/** The example of HCS has a provider with every feature; one release earlier a feature is missing. */
function olderSite(site: Site): Site {
  if (site.provider !== 'hcs') return site;
  return { ...site, versions: { ...site.versions, infrastructureProvider: 'v1.0.1' } };
}

describe('the examples of the rules', () => {
  it.each(listed.filter(({ rule }) => rule.example).map((entry) => [title(entry), entry] as const))(
    '%s',
    async (_title, entry) => {
      const { code, example } = entry.rule;
      expect(await codesOf(entry, example?.good ?? '')).toEqual([]);
      expect(await codesOf(entry, example?.bad ?? '')).toEqual([code]);
    },
  );

  it('are there for every rule whose mistake a part of a manifest can show', () => {
    const without = listed.filter(({ rule }) => !rule.example).map(title);
    expect(without.filter((name) => !shownInTheCorpus.some((start) => name.startsWith(start)))).toEqual([]);
  });

  it('and every rule says what, why and where the guide says so', () => {
    for (const { rule } of listed) {
      expect(rule.what, rule.code).toMatch(/\.$/);
      expect(rule.why, rule.code).toMatch(/\.$/);
      expect(rule.guide, rule.code).not.toBe('');
    }
  });
});
