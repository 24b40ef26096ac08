import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Redactor, systemClock } from '../../base/index.ts';
import { exampleSite, writeBase } from '../../providers/example-sites.fixture.ts';
import { renderSite, writeManifest } from '../../manifests/index.ts';
import type { App } from '../app.ts';
import { createProgram } from '../program.ts';
import { registerRender } from './render.ts';

const example = (provider: string): string => resolve(import.meta.dirname, '../../../examples', provider, 'site.yaml');

/** Runs the command as main does, with what it printed. */
async function run(...args: string[]): Promise<{ stdout: string[]; stderr: string[] }> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const app: App = {
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    stdin: process.stdin,
    env: {},
    cwd: tmpdir(),
    clock: systemClock,
    signal: new AbortController().signal,
    redactor: new Redactor(),
    print: (line) => stdout.push(line),
    note: (line) => stderr.push(line),
    self: { program: process.execPath, args: [] },
    exitCode: 0,
  };
  await createProgram(app, [registerRender]).parseAsync(['node', 'globalctl', 'render', ...args]);
  return { stdout, stderr };
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'globalctl-render-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

describe('render', () => {
  it("writes every file under the guide's names, those with secrets for their owner alone", async () => {
    const target = await folder();
    const { stdout } = await run('-f', example('vsphere'), '-d', target, '-o', 'json');
    const answer = JSON.parse(stdout.join('\n')) as {
      files: { path: string; mode: string; containsSecrets: boolean }[];
    };
    expect(answer.files.map(({ path, mode }) => [path.slice(target.length), mode])).toEqual([
      ['/root/yamls/vsphere-provider-appreleases.yaml', '0644'],
      ['/root/yamls/new-global.yaml', '0600'],
      ['/root/yamls/dcs-import-extra-resources.yaml', '0644'],
      ['/root/yamls/installer-config-vsphere.json', '0600'],
    ]);
    for (const { path, mode } of answer.files) expect((await stat(path)).mode & 0o777).toBe(parseInt(mode, 8));
  });

  it('says which files hold secrets, and shows none', async () => {
    const { stdout, stderr } = await run('-f', example('dcs'), '-d', await folder());
    expect(stdout.join('\n')).toContain('new-global.yaml  (step 4; contains secrets, mode 0600)');
    expect([...stdout, ...stderr].join('\n')).not.toMatch(/demo-dcs-password|Demo-Admin-Password/);
  });

  it('writes nothing when the checks find an error, unless it is forced to', async () => {
    const right = writeManifest((await renderSite(exampleSite('dcs'))).manifest);
    const base = await writeBase(right.replace('maxSurge: 0', 'maxSurge: 1'));
    const text = (await readFile(example('dcs'), 'utf8'))
      .replaceAll('file:secrets/', `file:${resolve(example('dcs'), '../secrets')}/`)
      .concat(`manifest:\n  base: ${base}\n`);
    const site = await writeBase(text);
    const target = await folder();
    await expect(run('-f', site, '-d', target)).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      details: { causes: [{ code: 'MANIFEST_SURGE' }] },
    });
    await expect(stat(join(target, 'root'))).rejects.toMatchObject({ code: 'ENOENT' });
    const { stderr } = await run('-f', site, '-d', target, '--force');
    expect(stderr.join('\n')).toContain('MANIFEST_SURGE');
    expect((await stat(join(target, 'root/yamls/new-global.yaml'))).isFile()).toBe(true);
  });

  it('reports what merging with a base manifest changed', async () => {
    const right = writeManifest((await renderSite(exampleSite('hcs'))).manifest);
    const base = await writeBase(right.replace('100.3.0.0/16', '10.200.0.0/16'));
    const text = (await readFile(example('hcs'), 'utf8'))
      .replaceAll('file:secrets/', `file:${resolve(example('hcs'), '../secrets')}/`)
      .concat(`manifest:\n  base: ${base}\n`);
    const { stdout } = await run('-f', await writeBase(text), '-d', await folder());
    expect(stdout.join('\n')).toContain(
      'changed Cluster cpaas-system/global spec.clusterNetwork.pods.cidrBlocks: ["10.200.0.0/16"] -> ["100.3.0.0/16"]',
    );
  });
});
