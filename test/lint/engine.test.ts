import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  lint,
  policyOf,
  readSource,
  readSources,
  reportGithub,
  reportSarif,
  ruleIds,
  type LintResult,
} from '../../src/lint/index.ts';

const capi = 'cluster.x-k8s.io/v1beta1';
const infra = 'infrastructure.cluster.x-k8s.io/v1beta1';
const cluster = (name: string, more = ''): string =>
  `apiVersion: ${capi}\nkind: Cluster\nmetadata:\n  name: ${name}\n  namespace: cpaas-system\n${more}spec:\n  infrastructureRef: {kind: DCSCluster, name: ${name}}\n`;
const pool = (name: string): string =>
  `apiVersion: ${infra}\nkind: DCSIpHostnamePool\nmetadata: {name: ${name}, namespace: cpaas-system}\nspec: {pool: []}\n`;
const template = (name: string, to: string): string =>
  `apiVersion: ${infra}\nkind: DCSMachineTemplate\nmetadata: {name: ${name}, namespace: cpaas-system}\nspec: {template: {spec: {ipHostPoolRef: {name: ${to}}}}}\n`;
const deployment = (name: string, of: string, to: string): string =>
  `apiVersion: ${capi}\nkind: MachineDeployment\nmetadata: {name: ${name}, namespace: cpaas-system}\nspec: {clusterName: ${of}, template: {spec: {clusterName: ${of}, infrastructureRef: {kind: DCSMachineTemplate, name: ${to}}}}}\n`;
const configMap = (name: string, data = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: cpaas-system\n${data}`;

const lintText = (text: string, more: Partial<Parameters<typeof lint>[0]> = {}): Promise<LintResult> =>
  lint({ sources: [readSource('m.yaml', text, { named: true })], ...more });
const viewsOf = ({ installations }: LintResult) => installations.flatMap(({ views }) => views);
const scopes = (result: LintResult): unknown[] =>
  viewsOf(result).map(({ scope, provider, objects }) => ({
    role: scope.role,
    name: scope.name,
    provider: provider?.id,
    objects: objects.map(({ object }) => object.metadata.name),
  }));

describe('reading', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'globalctl-lint-'));
    await mkdir(join(folder, 'sub'));
    await mkdir(join(folder, '.git'));
    await Promise.all(
      Object.entries({
        'a.yaml': configMap('a'),
        'sub/b.json': JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b' } }, undefined, '\t'),
        'sub/c.yml': configMap('c'),
        '.git/d.yaml': configMap('d'),
        'kustomization.yaml': 'resources: [a.yaml]\n',
        'values.yaml': 'replicas: 3\n',
        'site.yaml': 'apiVersion: globalctl.dev/v1alpha1\nkind: Site\n',
        'notes.txt': 'kind: ConfigMap\n',
      }).map(([name, text]) => writeFile(join(folder, name), text)),
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('takes every YAML and JSON file of a folder, and leaves the files of other programs alone', async () => {
    const sources = await readSources([folder], () => Promise.resolve(''));
    expect(sources.flatMap(({ objects }) => objects.map(({ object }) => object.metadata.name))).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(sources.flatMap(({ findings }) => findings)).toEqual([]);
  });

  it('says of a file that a person named when it holds no object', async () => {
    const sources = await readSources([join(folder, 'values.yaml')], () => Promise.resolve(''));
    expect(sources.flatMap(({ findings }) => findings.map(({ code }) => code))).toEqual(['LINT_NOT_AN_OBJECT']);
  });

  it('takes standard input', async () => {
    const [source] = await readSources(['-'], () => Promise.resolve(configMap('in')));
    expect(source?.objects).toHaveLength(1);
  });

  it('refuses a path that is not there', async () => {
    await expect(readSources([join(folder, 'no')], () => Promise.resolve(''))).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    });
  });

  it('lints the rest of a text of which a document cannot be read', async () => {
    const { findings, installations } = await lintText(
      `${configMap('a')}---\nkind: [\n---\n${configMap('b', 'data: {x: 1}\n')}`,
    );
    expect(findings.map(({ code, place }) => [code, place?.line])).toEqual([
      ['LINT_UNREADABLE', 8],
      ['LINT_SCHEMA', 14],
    ]);
    expect(installations.flatMap(({ views }) => views.flatMap(({ objects }) => objects))).toHaveLength(2);
  });

  it('says of blocks that are nested too deeply that they cannot be read', async () => {
    expect((await lintText('['.repeat(20_000))).findings.map(({ code }) => code)).toEqual(['LINT_UNREADABLE']);
  });

  it('of a folder leaves alone what holds no object, readable or not', () => {
    const settings = '{ "tab": [ }\n';
    expect(readSource('settings.json', settings, { named: false }).findings).toEqual([]);
    expect(readSource('settings.json', settings, { named: true }).findings).not.toEqual([]);
  });

  it('says of a template of a chart what to lint instead, and leaves a kustomization alone that was named', () => {
    const template = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n';
    const [finding] = readSource('t.yaml', template, { named: true }).findings;
    expect(finding?.hint).toContain('helm template CHART | globalctl lint -');
    const plain = readSource('base/kustomization.yaml', 'resources: [a.yaml]\n', { named: true });
    expect(plain).toMatchObject({ findings: [], skipped: 'a Kustomization of kustomize' });
  });

  it('takes an installer request for an object of its own kind', () => {
    const request = { basic: {}, registry: {}, console: { host: [] }, product: ['base'], hostIP: '10.0.0.1' };
    const [placed] = readSource('installer.json', JSON.stringify(request, undefined, 2), { named: true }).objects;
    expect(placed?.object).toMatchObject({ kind: 'InstallerRequest', hostIP: '10.0.0.1' });
    expect(placed?.placeOf(['console', 'host'])).toMatchObject({ line: 5 });
  });
});

describe('whose objects they are', () => {
  it('follows references from each Cluster, and leaves what none leads to aside', async () => {
    const result = await lintText(
      [
        cluster('global'),
        deployment('global-w', 'global', 'global-t'),
        template('global-t', 'global-p'),
        pool('global-p'),
        cluster('prod'),
        deployment('prod-w', 'prod', 't'),
        template('t', 'p'),
        pool('p'),
        pool('lonely'),
      ].join('---\n'),
    );
    expect(scopes(result)).toEqual([
      { role: 'global', name: 'global', provider: 'dcs', objects: ['global', 'global-w', 'global-t', 'global-p'] },
      { role: 'workload', name: 'prod', provider: 'dcs', objects: ['prod', 'prod-w', 't', 'p'] },
      { role: 'none', name: undefined, provider: 'dcs', objects: ['lonely'] },
    ]);
  });

  it.each([
    ['its label', cluster('main', '  labels: {is-global: "true"}\n')],
    ['a slip in its name', cluster('gloabl')],
    ['the name of its infra cluster', cluster('main').replace('DCSCluster, name: main', 'DCSCluster, name: global')],
    [
      'the prefix of its objects',
      `${cluster('main')}---\n${deployment('global-w', 'main', 'global-t')}---\n${template('global-t', 'x')}`,
    ],
  ])('takes a Cluster for global by %s', async (_what, text) => {
    expect(viewsOf(await lintText(text))[0]?.scope.role).toBe('global');
  });

  it('takes a cluster that nothing marks for a workload cluster, unless it is named', async () => {
    expect(viewsOf(await lintText(cluster('prod')))[0]?.scope.role).toBe('workload');
    expect(viewsOf(await lintText(cluster('prod'), { cluster: 'prod' }))[0]?.scope.role).toBe('global');
  });

  it('gives machines whose cluster name is a slip to the cluster that was meant', async () => {
    const result = await lintText(`${cluster('global')}---\n${deployment('w', 'globl', 't')}`);
    expect(scopes(result)).toMatchObject([{ role: 'global', objects: ['global', 'w'] }]);
  });

  it('lints a file that holds a part of an installation without calling the rest missing', async () => {
    const { findings, installations } = await lintText(
      configMap('dcs-import-extra-resources', 'data:\n  resources.yaml: |\n    resources: []\n'),
    );
    expect(installations[0]?.views[0]?.scope).toMatchObject({ role: 'global', complete: false, root: undefined });
    expect(findings.map(({ code }) => code)).not.toContain('MANIFEST_OBJECT_MISSING');
  });
});

describe('schemas', () => {
  it('hold for built-in kinds, with the place and the nearest name', async () => {
    const { findings } = await lintText(configMap('a', 'dta: {x: y}\ndata:\n  n: 3\n'));
    expect(findings.map(({ code, place, hint }) => ({ code, line: place?.line, hint }))).toEqual([
      { code: 'LINT_UNKNOWN_FIELD', line: 6, hint: 'Did you mean data?' },
      { code: 'LINT_SCHEMA', line: 8, hint: undefined },
    ]);
  });

  it('quote no value of a Secret', async () => {
    const text =
      'apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: cpaas-system}\ndata: {k: "hunter2 no base64"}\n';
    const policy = policyOf({ only: ['LINT_SCHEMA'], known: ruleIds() });
    const { findings } = await lintText(text, { policy });
    expect(findings).toHaveLength(1);
    expect(JSON.stringify(findings.map(({ at: _at, ...rest }) => rest))).not.toContain('hunter2');
  });

  it('take base64 as Kubernetes does: over several lines, and empty', async () => {
    const text = `apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: cpaas-system}\ndata:\n  a: ""\n  b: |\n    aGVs\n    bG8=\n`;
    const policy = policyOf({ only: ['LINT_SCHEMA'], known: ruleIds() });
    expect((await lintText(text, { policy })).findings).toEqual([]);
  });
});

describe('the policy', () => {
  const wrong = configMap('a', 'data: {n: 3}\n');
  const codes = ({ findings }: LintResult): unknown[] => findings.map(({ code, severity }) => [code, severity]);
  const withPolicy = (request: Omit<Parameters<typeof policyOf>[0], 'known'>): Promise<LintResult> =>
    lintText(wrong, { policy: policyOf({ ...request, known: ruleIds() }) });

  it('chooses, leaves out and weighs rules; flags win over the site', async () => {
    expect(codes(await withPolicy({}))).toEqual([['LINT_SCHEMA', 'error']]);
    expect(codes(await withPolicy({ only: ['LINT_UNREADABLE'] }))).toEqual([]);
    expect(codes(await withPolicy({ skip: ['lint_schema'] }))).toEqual([]);
    expect(codes(await withPolicy({ site: { LINT_SCHEMA: 'off' }, severity: ['LINT_SCHEMA=warning'] }))).toEqual([
      ['LINT_SCHEMA', 'warning'],
    ]);
  });

  it('refuses a rule that there is none of, with the nearest', () => {
    expect(() => policyOf({ skip: ['LINT_SHEMA'], known: ruleIds() })).toThrow(
      expect.objectContaining({ code: 'USAGE', hint: 'Did you mean LINT_SCHEMA?' }) as Error,
    );
  });

  it.each([
    ['behind the value', configMap('a', 'data:\n  n: 3 # globalctl-ignore LINT_SCHEMA a reason\n')],
    ['on the line above', configMap('a', 'data:\n  # globalctl-ignore LINT_SCHEMA a reason\n  # more\n  n: 3\n')],
    ['above the object', `# globalctl-ignore LINT_SCHEMA a reason\n---\n${wrong}`],
    [
      'above an item of a List',
      `kind: List\napiVersion: v1\nitems:\n# globalctl-ignore LINT_SCHEMA a reason\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: cpaas-system}, data: {n: 3}}\n`,
    ],
  ])('ignores what a comment %s says', async (_where, text) => {
    const { findings, ignored } = await lintText(text);
    expect(findings).toEqual([]);
    expect(ignored.map(({ reason }) => reason)).toEqual(['a reason']);
  });

  it.each([
    ['no reason', '# globalctl-ignore LINT_SCHEMA\n', ['LINT_IGNORE', 'LINT_SCHEMA']],
    ['an unknown rule', '# globalctl-ignore LINT_SHEMA because\n', ['LINT_IGNORE', 'LINT_SCHEMA']],
    ['nothing to ignore', '# globalctl-ignore LINT_UNKNOWN_FIELD because\n', ['LINT_IGNORE_UNUSED', 'LINT_SCHEMA']],
  ])('says of a comment that it has %s', async (_what, comment, expected) => {
    expect((await lintText(comment + wrong)).findings.map(({ code }) => code).sort()).toEqual(expected);
  });

  it('takes rules in small letters, and blanks after the commas', async () => {
    const comment = '# globalctl-ignore lint_schema, LINT_UNKNOWN_FIELD the reader takes numbers\n';
    const { findings, ignored } = await lintText(comment + wrong.replace('data: {n', 'dta: {}\ndata: {n'));
    expect(findings).toEqual([]);
    expect(ignored.map(({ finding, reason }) => [finding.code, reason])).toEqual([
      ['LINT_UNKNOWN_FIELD', 'the reader takes numbers'],
      ['LINT_SCHEMA', 'the reader takes numbers'],
    ]);
  });

  it('takes no comment from inside a text', async () => {
    const text = configMap('a', 'data:\n  script: |\n    # globalctl-ignore LINT_SHEMA\n');
    expect((await lintText(text)).findings).toEqual([]);
  });
});

describe('reports', () => {
  const text = `# globalctl-ignore LINT_UNKNOWN_FIELD kept for the old reader\n${configMap('a', 'dta: {}\ndata: {n: 3}\n')}`;

  it('for code scanning hold what SARIF 2.1.0 demands', async () => {
    const { findings, ignored } = await lintText(text);
    const log = reportSarif({ findings, ignored, version: '1.2.3' }) as {
      version: string;
      $schema: string;
      runs: [
        {
          tool: { driver: { name: string; rules: { id: string; help: { text: string } }[] } };
          results: Record<string, unknown>[];
        },
      ];
    };
    expect([log.version, log.$schema]).toEqual(['2.1.0', expect.stringContaining('sarif-2.1.0')]);
    const { driver } = log.runs[0].tool;
    const ids = driver.rules.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const rule of driver.rules) expect(rule.help.text, rule.id).toMatch(/\S/);
    const { results } = log.runs[0];
    expect(results).toHaveLength(2);
    for (const result of results) expect(ids[result['ruleIndex'] as number]).toBe(result['ruleId']);
    expect(results[0]).toMatchObject({
      ruleId: 'LINT_SCHEMA',
      level: 'error',
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'm.yaml' },
            region: { startLine: 8, startColumn: 11, endLine: 8, endColumn: 12 },
          },
        },
      ],
      partialFingerprints: { 'globalctlFinding/v1': expect.stringMatching(/^[0-9a-f]{32}:1$/) as string },
    });
    expect(results[1]).toMatchObject({
      suppressions: [{ kind: 'inSource', justification: 'kept for the old reader' }],
    });
  });

  it('keep the fingerprint of a finding when lines are added above it', async () => {
    const print = async (source: string): Promise<unknown> => {
      const { findings } = await lintText(source);
      return JSON.stringify(reportSarif({ findings, ignored: [], version: '1' })).match(/[0-9a-f]{32}:1/)?.[0];
    };
    expect(await print(`# one line more\n${configMap('a', 'data: {n: 3}\n')}`)).toBe(
      await print(configMap('a', 'data: {n: 3}\n')),
    );
  });

  it('for GitHub escape what would end a command', () => {
    const finding = {
      code: 'LINT_SCHEMA',
      severity: 'warning',
      path: '',
      message: '100% of a::b\nnext',
      place: { file: 'a,b:c.yaml', line: 3, column: 2 },
    } as const;
    const [line] = reportGithub([finding]).split('\n');
    expect(line).toMatch(
      /^::warning file=a%2Cb%3Ac\.yaml,line=3,col=2,title=LINT_SCHEMA::100%25 of a::b%0Anext%0Acure: /,
    );
  });
});
