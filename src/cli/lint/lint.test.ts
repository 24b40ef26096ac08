import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { renderSite, writeManifest } from '../../manifests/index.ts';
import { exampleSite } from '../../providers/example-sites.fixture.ts';
import { registerLint } from '../commands/lint.ts';
import { runCommand, type Outcome, type RunOptions } from '../test-app.fixture.ts';

describe('lint', () => {
  let folder = '';
  let right = '';
  let file = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'globalctl-lint-'));
    file = join(folder, 'new-global.yaml');
    right = writeManifest((await renderSite(exampleSite('dcs'), { secrets: 'stand-in' })).manifest);
  });
  beforeEach(() => writeFile(file, right));
  afterAll(() => rm(folder, { recursive: true }));

  const run = (args: readonly string[], more: Partial<RunOptions> = {}): Promise<Outcome> =>
    runCommand(registerLint, ['lint', ...args], { cwd: folder, ...more });
  /** The manifest with every object of the control plane's machines without its prefix, and a comment that must stay. */
  const unprefixed = (): string =>
    right
      .replaceAll('global-cp-pool', 'cp-pool # mine')
      .replace('kind: DCSIpHostnamePool', 'kind: DCSIpHostnamePool # a pool');

  it('of a right manifest finds nothing and says whose it is', async () => {
    const { stdout, exitCode } = await run([file]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^no findings in \d+ objects; global \(dcs\)\n$/);
  });

  it('ends with 4 for an error, and for a warning only with --strict', async () => {
    await writeFile(
      file,
      right
        .replace('kind: DCSIpHostnamePool\n', 'kind: DCSIpHostnamePool\nmystery: 1\n')
        .replaceAll('global-cp-pool', 'cp-pool'),
    );
    expect((await run([file])).exitCode).toBe(4);
    const softened = [file, '--rule', 'MANIFEST_NAME_PREFIX', '--severity', 'MANIFEST_NAME_PREFIX=warning'];
    expect((await run(softened)).exitCode).toBe(0);
    expect((await run([...softened, '--strict'])).exitCode).toBe(4);
  });

  it('answers JSON that holds no object and names the clusters', async () => {
    await writeFile(file, unprefixed());
    const answer = JSON.parse((await run([file, '-o', 'json'])).stdout) as {
      errors: number;
      clusters: { role: string; provider: string }[];
      findings: { code: string; at?: unknown; place: { line: number } }[];
    };
    expect(answer.clusters).toMatchObject([{ role: 'global', provider: 'dcs' }]);
    expect(answer.errors).toBeGreaterThan(0);
    for (const finding of answer.findings) expect(finding.at).toBeUndefined();
  });

  it('warns when there was no object in what it was given', async () => {
    await writeFile(file, '# nothing yet\n');
    expect((await run([file])).stderr).toContain('warning: there is no object of Kubernetes in the input');
    await writeFile(file, right);
    expect((await run([file])).stderr).toBe('');
  });

  it('takes JSON, in which every text stands in quotes', async () => {
    const objects = (await renderSite(exampleSite('dcs'), { secrets: 'stand-in' })).manifest;
    const typed = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
    expect((await run(['-', '--strict'], { typed })).exitCode).toBe(0);
    const quoted = right.replaceAll(': PROVIDER_ID', ': "PROVIDER_ID"');
    expect((await run(['-', '--strict'], { typed: quoted })).exitCode).toBe(4);
  });

  it('takes the line ends, the byte order mark and the quotes that other editors write', async () => {
    for (const typed of [right.replaceAll('\n', '\r\n'), `\uFEFF${right}`])
      expect((await run(['-'], { typed })).stdout).toMatch(/^no findings in 10 objects/);
  });

  it('says which installation a finding is of, and of a failover one table each', async () => {
    await writeFile(join(folder, 'standby.yaml'), unprefixed().replaceAll('10.10.20.', '10.10.30.'));
    const { stdout, exitCode } = await run([folder]);
    expect(exitCode).toBe(4);
    expect(stdout).toMatch(
      / in 20 objects of 2 installations:\n {2}\S+new-global\.yaml: global \(dcs\)\n {2}\S+standby\.yaml: global/,
    );
    const failover = await run([folder, '--failover']);
    expect(failover.stdout).toMatch(
      /^\S+new-global\.yaml:\n\nOBJECT[^]*no machine is lost\.\n\n\n\S+standby\.yaml:\n\nOBJECT/,
    );
    const answer = JSON.parse((await run([folder, '--failover', '-o', 'json'])).stdout) as object;
    expect(answer).toMatchObject({
      safe: false,
      installations: [
        { installation: file, safe: true, lostMachines: [] },
        { installation: join(folder, 'standby.yaml'), safe: false },
      ],
    });
    const one = JSON.parse((await run([file, '--failover', '-o', 'json'])).stdout) as object;
    expect(one).toMatchObject({ safe: true, lostMachines: [] });
    await rm(join(folder, 'standby.yaml'));
  });

  it('needs something to lint', async () => {
    expect((await run([])).exitCode).toBe(2);
  });

  it('validates against CRDs, and refuses a path without any', async () => {
    const crds = join(folder, 'crd.yaml');
    await writeFile(
      crds,
      `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  names: {kind: Widget, plural: widgets}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties: {size: {type: integer, maximum: 3}}
            x-kubernetes-validations: [{rule: "self.size != 2", message: two is taken}]
`,
    );
    const widgets = join(folder, 'widgets.yaml');
    const widget = (name: string, spec: string): string =>
      `apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: ${name}}\nspec: ${spec}\n`;
    await writeFile(
      widgets,
      [widget('a', '{size: 4}'), widget('b', '{sise: 1}'), widget('c', '{size: 2}')].join('---\n'),
    );
    const { stdout } = await run([widgets, '--crds', crds]);
    expect(stdout).toContain('spec.size: Invalid value: 4');
    expect(stdout).toContain('Did you mean size?');
    expect(stdout).toContain('two is taken');
    expect(await run([widgets, '--crds', widgets])).toMatchObject({ exitCode: 2, error: 'LINT_CRD' });
    await rm(widgets);
    await rm(crds);
  });

  describe('--fix', () => {
    it('shows a diff, renames with all references, keeps comments and mode, and has nothing left to do', async () => {
      await writeFile(file, unprefixed());
      await chmod(file, 0o600);
      const { stdout, stderr, exitCode } = await run([file, '--fix', '--yes']);
      expect(stdout).toMatch(/^--- a\/.*\n\+\+\+ b\//m);
      expect(stderr).toContain('fixed in 1 file');
      expect(exitCode, stdout).toBe(0);
      const after = await readFile(file, 'utf8');
      expect(after).toBe(unprefixed().replaceAll('name: cp-pool # mine', 'name: global-cp-pool # mine'));
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      const again = await run([file, '--fix', '--yes']);
      expect(again.stdout).toMatch(/^no findings/);
      expect(await readFile(file, 'utf8')).toBe(after);
    });

    it('writes nothing when it is only to show, or when nobody can be asked', async () => {
      await writeFile(file, unprefixed());
      expect(await run([file, '--fix', '--dry-run'])).toMatchObject({ exitCode: 4 });
      expect(await run([file, '--fix'])).toMatchObject({ exitCode: 2, error: 'USAGE' });
      expect(await readFile(file, 'utf8')).toBe(unprefixed());
    });

    it('of standard input answers with the fixed text alone', async () => {
      const { stdout, stderr } = await run(['-', '--fix'], { typed: unprefixed() });
      expect(stdout).toBe(unprefixed().replaceAll('name: cp-pool # mine', 'name: global-cp-pool # mine'));
      expect(stderr).toContain('no findings');
    });

    it('shows no value of a Secret', async () => {
      const text = unprefixed().replace(/authKey: .*/, 'authKey: hunter2-secret');
      const { stdout, stderr } = await run(['-', '--fix', '--dry-run'], { typed: text });
      expect(stdout + stderr).not.toContain('hunter2');
    });
  });

  it('takes severities from the site file', async () => {
    const site = join(folder, 'site.yaml');
    const rules = 'lint:\n  rules:\n    MANIFEST_NAME_PREFIX: off\n';
    await writeFile(site, `${exampleSite('dcs').text}\n${rules}`);
    await writeFile(file, unprefixed());
    const codes = (outcome: Outcome): string[] =>
      (JSON.parse(outcome.stdout) as { findings: { code: string }[] }).findings.map(({ code }) => code);
    expect(codes(await run([file, '-o', 'json']))).toContain('MANIFEST_NAME_PREFIX');
    expect(codes(await run([file, '-o', 'json', '-f', site]))).not.toContain('MANIFEST_NAME_PREFIX');
  });
});
