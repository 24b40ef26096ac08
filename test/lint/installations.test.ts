import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  failoverReport,
  fixSources,
  lint,
  readSource,
  type LintResult,
  type SourceFile,
} from '../../src/lint/index.ts';
import { renderSite, writeManifest, writeObject } from '../../src/manifests/index.ts';
import { exampleProviders, exampleSite, type ExampleProvider } from '../../src/providers/example-sites.fixture.ts';

const texts = new Map<ExampleProvider, { readonly whole: string; readonly parts: readonly string[] }>();
beforeAll(async () => {
  for (const provider of exampleProviders) {
    const { manifest } = await renderSite(exampleSite(provider), { secrets: 'stand-in' });
    texts.set(provider, { whole: writeManifest(manifest), parts: manifest.map((object) => writeObject(object)) });
  }
});

const whole = (provider: ExampleProvider = 'dcs'): string => texts.get(provider)?.whole ?? '';
const parts = (provider: ExampleProvider = 'dcs'): readonly string[] => texts.get(provider)?.parts ?? [];
/** The same installation at other addresses, as that of the other side is. */
const elsewhere = (text: string): string => text.replaceAll(/\b10\.(10\.20|50\.60|30\.40)\./g, '10.2$1.');
const one = (file: string, text: string): SourceFile => readSource(file, text, { named: true });
const run = (files: Readonly<Record<string, string>>, more: Partial<Parameters<typeof lint>[0]> = {}) =>
  lint({ sources: Object.entries(files).map(([file, text]) => one(file, text)), ...more });
const names = ({ installations }: LintResult): string[] => installations.map(({ name }) => name);
const said = ({ findings }: LintResult): string[] =>
  findings.map(({ code, place }) => `${code} ${place?.file ?? ''}`).toSorted();

describe.each(exampleProviders)('both sides of disaster recovery on %s', (provider) => {
  it('are two installations without a finding, in folders of their own or in one', async () => {
    for (const [primary, standby] of [
      ['primary/new-global.yaml', 'standby/new-global.yaml'],
      ['primary.yaml', 'standby.yaml'],
      ['a/m.yaml', 'b/m.yaml'],
      ['dc1.yaml', 'dc2.yaml'],
    ] as const) {
      const result = await run({ [primary]: whole(provider), [standby]: elsewhere(whole(provider)) });
      expect(said(result)).toEqual([]);
      expect(names(result)).toEqual([primary, standby]);
    }
  });

  it('are told apart when every object has a file of its own', async () => {
    const files = (folder: string, list: readonly string[]): Record<string, string> =>
      Object.fromEntries(list.map((text, index) => [`${folder}/${String(index)}.yaml`, text]));
    const result = await run({
      ...files('primary', parts(provider)),
      ...files('standby', parts(provider).map(elsewhere)),
    });
    expect(said(result)).toEqual([]);
    expect(names(result)).toEqual(['primary', 'standby']);
  });

  it('have a mistake of one side found in the file of that side', async () => {
    const wrong = elsewhere(whole(provider)).replace(/^( +)is-global: .*$/m, '$1is-global: "no"');
    const result = await run({ 'primary/m.yaml': whole(provider), 'standby/m.yaml': wrong });
    expect(said(result)).toEqual([expect.stringMatching(/ standby\/m\.yaml$/)]);
    expect(result.findings[0]?.installations).toEqual(['standby/m.yaml']);
  });
});

describe('the manifests of three providers that were written by hand', () => {
  const folder = join(import.meta.dirname, '../../examples/by-hand');
  const files = Object.fromEntries(
    exampleProviders.map((provider) => {
      const file = join(folder, `${provider}.yaml`);
      return [file, readFileSync(file, 'utf8')];
    }),
  );

  it('have in one run the findings that each has alone', async () => {
    const together = await run(files);
    const alone = await Promise.all(Object.entries(files).map(([file, text]) => run({ [file]: text })));
    expect(said(together)).toEqual(alone.flatMap(said).toSorted());
    expect(together.installations.map(({ views }) => views[0]?.provider?.id)).toEqual(exampleProviders);
  });

  it('are fixed in one run as each is alone', async () => {
    const sources = Object.entries(files).map(([file, text]) => one(file, text));
    const together = await fixSources({ sources });
    const alone = await Promise.all(sources.map((source) => fixSources({ sources: [source] })));
    expect(together.result.findings).toEqual([]);
    expect(together.files.map(({ after }) => after.text)).toEqual(
      alone.flatMap((outcome) => outcome.files.map(({ after }) => after.text)),
    );
  });
});

describe('one installation', () => {
  it('is what stands in one file: a second global Cluster there is the first one twice', async () => {
    const result = await run({ 'm.yaml': `${whole()}---\n${elsewhere(whole())}` });
    expect(names(result)).toEqual(['m.yaml']);
    expect(said(result)).toContain('MANIFEST_DUPLICATE m.yaml');
  });

  it('is what two files of a folder hold when both say the same endpoint', async () => {
    const result = await run({ 'm.yaml': whole(), 'copy.yaml': whole() });
    expect(names(result)).toEqual(['.']);
    expect(said(result)).toContain('MANIFEST_DUPLICATE copy.yaml');
  });

  it('goes over folders, where nothing speaks against it', async () => {
    const [first = '', ...others] = parts();
    const result = await run({
      'install/cluster/a.yaml': first,
      ...Object.fromEntries(others.map((text, index) => [`install/rest-${String(index)}/m.yaml`, text])),
    });
    expect(names(result)).toEqual(['install']);
    expect(said(result)).toEqual([]);
  });

  it('has the workload clusters beside it; a name that is nearly global makes none of them global', async () => {
    const shop = (name: string): string =>
      `apiVersion: cluster.x-k8s.io/v1beta1\nkind: Cluster\nmetadata: {name: ${name}, namespace: cpaas-system}\nspec: {infrastructureRef: {kind: DCSCluster, name: ${name}}}\n`;
    const { installations } = await run({ 'global/m.yaml': whole(), 'globex/m.yaml': shop('globex') });
    expect(installations.map(({ views }) => views.map(({ scope }) => scope.role))).toEqual([['global', 'workload']]);
  });

  it('is a second one where the Cluster is misspelt and its objects are those of a global cluster', async () => {
    const misspelt = elsewhere(whole()).replaceAll(
      /(kind: Cluster\nmetadata:\n(?: {2,}.*\n)*? {2}name:) global$/gm,
      '$1 gloabl',
    );
    const result = await run({ 'a/m.yaml': whole(), 'b/m.yaml': misspelt });
    expect(names(result)).toEqual(['a/m.yaml', 'b/m.yaml']);
    expect(said(result)).toContain('MANIFEST_NAME_GLOBAL b/m.yaml');
    expect(said(result).filter((line) => line.endsWith(' a/m.yaml'))).toEqual([]);
  });
});

describe('files that serve several installations', () => {
  const secret = (): string => parts().find((text) => text.includes('kind: Secret')) ?? '';
  const rest = (): string =>
    parts()
      .filter((text) => !text.includes('kind: Secret'))
      .join('---\n');

  it('belong to each that refers to them', async () => {
    const result = await run({
      'credentials.yaml': secret(),
      'primary/m.yaml': rest(),
      'standby/m.yaml': elsewhere(rest()),
    });
    expect(said(result)).toEqual([]);
    const without = await run({ 'primary/m.yaml': rest(), 'standby/m.yaml': elsewhere(rest()) });
    expect(new Set(without.findings.flatMap(({ installations }) => installations))).toEqual(
      new Set(['primary/m.yaml', 'standby/m.yaml']),
    );
  });

  it('are told to be of both when they have a mistake', async () => {
    const wrong = secret().replace('namespace: cpaas-system', 'namespace: default');
    const result = await run({
      'credentials.yaml': wrong,
      'primary/m.yaml': rest(),
      'standby/m.yaml': elsewhere(rest()),
    });
    const [finding] = result.findings.filter(({ code }) => code === 'MANIFEST_NAMESPACE');
    expect(finding?.installations).toEqual(['primary/m.yaml', 'standby/m.yaml']);
  });
});

describe('parts of both sides without any Cluster', () => {
  const pools = (): string =>
    parts()
      .filter((text) => /kind: \w+Pool/.test(text))
      .join('---\n');

  it.each([
    ['primary/pools.yaml', 'standby/pools.yaml'],
    ['a/pools.yaml', 'b/pools.yaml'],
    ['pools-primary.yaml', 'pools-standby.yaml'],
  ])('are not held against each other: %s and %s', async (first, second) => {
    const result = await run({ [first]: pools(), [second]: elsewhere(pools()) });
    expect(result.findings.map(({ code }) => code)).not.toContain('MANIFEST_DUPLICATE');
    expect(names(result)).toEqual([first, second]);
  });
});

describe('what is of one installation only', () => {
  const pair = (): Record<string, string> => ({ 'a/m.yaml': elsewhere(whole()), 'b/m.yaml': whole() });
  const { site } = exampleSite('dcs');

  it('a site file is held to the one with its endpoint', async () => {
    const { installations, findings } = await run(pair(), { site });
    expect(findings).toEqual([]);
    expect(installations.map(({ views }) => views.some((view) => view.site === site))).toEqual([false, true]);
  });

  it('a site file is refused when none has its endpoint, or several', async () => {
    const other = { ...site, network: { ...site.network, controlPlaneVIP: '10.10.40.10' } };
    await expect(run(pair(), { site: other })).rejects.toMatchObject({ details: { found: 'none with it' } });
    const twice = { 'a/m.yaml': whole(), 'b/m.yaml': whole() };
    await expect(run(twice, { site })).rejects.toMatchObject({ details: { found: 'several with it' } });
  });

  it('a live cluster is compared with the one that it is', async () => {
    const live = one('live', whole().replaceAll('MicroOS-5.5-v4.2.2', 'golden-microos')).objects;
    const result = await run(pair(), { live });
    expect(new Set(said(result))).toEqual(new Set(['MANIFEST_TEMPLATE_IMMUTABLE b/m.yaml']));
  });

  it('a fix renames in the one that has the mistake', async () => {
    const wrong = whole().replaceAll('global-cp-pool', 'cp-pool');
    const sources = [one('a/m.yaml', elsewhere(whole())), one('b/m.yaml', wrong)];
    const { files, result } = await fixSources({ sources });
    expect(files.map(({ before, after }) => [before.file, after.text])).toEqual([['b/m.yaml', whole()]]);
    expect(result.findings).toEqual([]);
  });

  it('a failover looks at one', async () => {
    const wrong = whole().replaceAll('global-cp-pool', 'cp-pool');
    const { installations } = await run({ 'a/m.yaml': elsewhere(whole()), 'b/m.yaml': wrong });
    expect(installations.map(({ views }) => failoverReport(views).lostMachines.length)).toEqual([0, 3]);
  });
});
