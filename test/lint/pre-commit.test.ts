import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { registerLint } from '../../src/cli/commands/lint.ts';
import { runCommand, type Outcome } from '../../src/cli/test-app.fixture.ts';
import { renderSite, writeObject } from '../../src/manifests/index.ts';
import { exampleSite } from '../../src/providers/example-sites.fixture.ts';

interface Hook {
  readonly id: string;
  readonly entry: string;
  readonly args: readonly string[];
  readonly pass_filenames: boolean;
}

const hooks = parse(readFileSync(join(import.meta.dirname, '../../.pre-commit-hooks.yaml'), 'utf8')) as Hook[];

describe('the hook of pre-commit, in a repository with other files', () => {
  let repository = '';
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(repository, path)), { recursive: true });
    await writeFile(join(repository, path), text);
  };
  beforeAll(async () => {
    repository = await mkdtemp(join(tmpdir(), 'globalctl-hook-'));
    const { manifest } = await renderSite(exampleSite('dcs'), { secrets: 'stand-in' });
    for (const [index, object] of manifest.entries())
      for (const [side, text] of [
        ['primary', writeObject(object)],
        ['standby', writeObject(object).replaceAll('10.10.20.', '10.10.30.')],
      ] as const)
        await write(`manifests/${side}/${String(index)}.yaml`, text);
    await write('package.json', '{"name": "site", "scripts": {}}\n');
    await write('kustomization.yaml', 'resources: [manifests]\n');
    await write('.github/workflows/ci.yaml', 'on: [push]\njobs: {}\n');
    await write('mkdocs.yml', 'site_name: ours\n');
    await write('charts/app/Chart.yaml', 'apiVersion: v2\nname: app\nversion: 1.0.0\n');
    await write('charts/app/templates/app.yaml', 'kind: ConfigMap\nmetadata: {{ .Values.metadata }}\n');
  });
  afterAll(() => rm(repository, { recursive: true }));

  /** As pre-commit does: entry and arguments, and the files that changed unless the hook declines them. */
  const commit = (changed: readonly string[]): Promise<Outcome> => {
    const [hook] = hooks;
    const words = `${hook?.entry ?? ''} ${(hook?.args ?? []).join(' ')}`.split(' ').slice(1);
    const files = hook?.pass_filenames === false ? [] : changed;
    return runCommand(
      registerLint,
      [...words, ...files].map((word) => (word === 'lint' ? word : join(repository, word))),
      { cwd: repository },
    );
  };

  it('passes a commit of one file out of many, and of none of ours', async () => {
    expect(hooks.map(({ id }) => id)).toEqual(['globalctl-lint']);
    for (const changed of [['manifests/standby/2.yaml'], ['package.json', 'mkdocs.yml']]) {
      const { exitCode, stdout } = await commit(changed);
      expect(stdout).toMatch(/^no findings in 20 objects of 2 installations:/);
      expect(exitCode).toBe(0);
    }
  });

  it('stops a commit with a mistake', async () => {
    const path = 'manifests/standby/1.yaml';
    const right = readFileSync(join(repository, path), 'utf8');
    await write(path, right.replaceAll('global-cp-pool', 'cp-pool'));
    const { exitCode, stdout } = await commit([path]);
    await write(path, right);
    expect(exitCode).toBe(4);
    expect(stdout).toContain(`${path}:`);
    expect(stdout).not.toContain('manifests/primary/1.yaml');
  });
});
