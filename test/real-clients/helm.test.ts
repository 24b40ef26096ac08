import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resources } from '../../src/kube/index.ts';
import { startRegistry } from '../../src/lab/registry/index.ts';
import { DEMO_FILES, hookJob, writeChart } from './helm.fixture.ts';
import { realClient, RealClientSetting, type Answer } from './real-client.fixture.ts';

const helm = await realClient('helm');

describe.skipIf(helm === undefined)('helm against a cluster of the lab', () => {
  let setting: RealClientSetting;
  const words = (text: string): string[] => text.trim().split(/\s+/);
  const out = (text: string): Promise<string> => setting.output(words(text));
  const run = (text: string): Promise<Answer> => setting.run(words(text));
  const dataOf = async (namespace: string, name: string): Promise<unknown> => {
    const found = await setting.cluster.adminClient.find(resources.configMaps, { name, namespace });
    return found?.['data'];
  };
  const releases = async (
    namespace: string,
    more = '',
  ): Promise<{ name: string; revision: string; status: string }[]> =>
    JSON.parse(await out(`list -n ${namespace} -o json ${more}`)) as {
      name: string;
      revision: string;
      status: string;
    }[];
  const chart = (name: string, files: Readonly<Record<string, string>>, version?: string): Promise<void> =>
    writeChart(setting.folder, { name, files, ...(version !== undefined && { version }) });

  beforeAll(async () => {
    setting = await RealClientSetting.start(helm ?? '');
    await chart('demo', DEMO_FILES);
  });
  afterAll(async () => {
    await setting[Symbol.asyncDispose]();
  });

  it('installs with CRDs and notes, upgrades, rolls back and uninstalls', async () => {
    const installed = await out('install r ./demo -n life --create-namespace --wait --timeout 30s');
    expect(installed).toMatch(/STATUS: deployed\nREVISION: 1\n[^]*Say hello to r\./);
    expect(
      await setting.cluster.adminClient.find(resources.customResourceDefinitions, { name: 'things.example.com' }),
    ).toBeDefined();
    expect(await out('list -A')).toMatch(/r\s+life\s+1\s+.*deployed\s+demo-0\.1\.0/);
    await out('upgrade r ./demo -n life --set greeting=bye --set image=nginx:2 --wait --timeout 30s');
    expect(await dataOf('life', 'r')).toEqual({ greeting: 'bye' });
    expect(await out('get values r -n life')).toContain('greeting: bye');
    expect(await out('get values r -n life --all -o json')).toContain('"replicas":1');
    expect(await out('get manifest r -n life')).toContain('image: "nginx:2"');
    expect(await out('get notes r -n life')).toContain('Say bye to r.');
    expect(await out('get all r -n life')).toMatch(/COMPUTED VALUES:[^]*HOOKS:[^]*MANIFEST:[^]*NOTES:/);
    expect(await out('get metadata r -n life')).toMatch(/REVISION: 2\n/);
    expect(await out('status r -n life')).toMatch(/STATUS: deployed\nREVISION: 2/);
    await out('rollback r 1 -n life --wait --timeout 30s');
    expect(await dataOf('life', 'r')).toEqual({ greeting: 'hello' });
    expect(await out('history r -n life')).toMatch(
      /1\s.*superseded[^]*2\s.*superseded[^]*3\s+.*deployed\s+demo-0\.1\.0.*Rollback to 1/,
    );
    expect(await out('uninstall r -n life --wait --cascade foreground --timeout 30s')).toContain(
      'release "r" uninstalled',
    );
    expect(await releases('life')).toEqual([]);
    expect(await dataOf('life', 'r')).toBeUndefined();
    const { items } = await setting.cluster.adminClient.list(resources.pods, { namespace: 'life' });
    expect(items).toEqual([]);
  });

  it('keeps the history of an uninstalled release where it is asked to', async () => {
    await out('install kept ./demo -n keep --create-namespace');
    await out('uninstall kept -n keep --keep-history');
    expect(await releases('keep', '--deployed')).toEqual([]);
    expect(await releases('keep', '--uninstalled')).toMatchObject([{ name: 'kept', status: 'uninstalled' }]);
    expect(await out('history kept -n keep')).toContain('uninstalled');
    expect((await run('install kept ./demo -n keep')).stderr).toContain('cannot reuse a name that is still in use');
    await out('rollback kept 1 -n keep');
    expect(await releases('keep')).toMatchObject([{ name: 'kept', revision: '2', status: 'deployed' }]);
  });

  it('tries on the server without a trace, and looks objects up', async () => {
    await chart('looking', {
      'templates/found.yaml': `
apiVersion: v1
kind: ConfigMap
metadata: { name: found }
data: { clusterIP: '{{ with lookup "v1" "Service" "default" "kubernetes" }}{{ .spec.clusterIP }}{{ end }}' }
`,
    });
    expect(await out('install dry ./looking --dry-run=server')).toContain("clusterIP: '10.96.0.1'");
    expect(await out('install dry ./looking --dry-run=client')).toContain("clusterIP: ''");
    expect(await out('template dry ./demo --validate')).toContain('greeting: "hello"');
    expect(await out('list -q')).toBe('');
    await chart('wrong', {
      'templates/x.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\ncolour: red\n',
    });
    expect((await run('install dry ./wrong --dry-run=server')).code).toBe(0);
    expect((await run('install bad ./wrong -n default')).stderr).toMatch(
      /colour.*field not declared|unknown field "colour"/,
    );
  });

  it('waits in each of its ways, and gives up in time', async () => {
    for (const way of ['watcher', 'legacy', 'hookOnly'])
      expect(
        await out(`install ${way.toLowerCase()} ./demo -n waits --create-namespace --wait=${way} --timeout 30s`),
      ).toContain('STATUS: deployed');
    const late = await run('install late ./demo -n waits --set image=lab/failing:1 --wait --timeout 2s');
    expect(late.code).toBe(1);
    expect(late.stderr).toMatch(/context deadline exceeded|timed out|not ready/i);
    expect(await releases('waits', '--failed')).toMatchObject([{ name: 'late', status: 'failed' }]);
    expect((await releases('waits', '--deployed')).map(({ name }) => name)).toEqual(['hookonly', 'legacy', 'watcher']);
  });

  it('rolls back by itself what fails', async () => {
    await out('install safe ./demo -n safe --create-namespace --wait --timeout 30s');
    const failed = await run(
      'upgrade safe ./demo -n safe --set image=lab/failing:1 --rollback-on-failure --timeout 2s',
    );
    expect(failed.code).toBe(1);
    expect(await releases('safe')).toMatchObject([{ name: 'safe', revision: '3', status: 'deployed' }]);
    expect(await out('get manifest safe -n safe')).toContain('image: "nginx:1"');
    expect(
      (await run('install gone ./demo -n safe --set image=lab/failing:1 --rollback-on-failure --timeout 2s')).code,
    ).toBe(1);
    expect((await releases('safe')).map(({ name }) => name)).toEqual(['safe']);
  });

  it('runs hooks in the order of their weights, and deletes them as they ask', async () => {
    await chart('hooked', {
      'templates/config.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: hooked }\n',
      'templates/first.yaml': hookJob({
        name: 'first',
        hook: 'pre-install',
        image: 'lab/worker:1',
        weight: -5,
        deletePolicy: 'before-hook-creation',
      }),
      'templates/second.yaml': hookJob({
        name: 'second',
        hook: 'pre-install',
        image: 'lab/worker:1',
        weight: 5,
        deletePolicy: 'before-hook-creation',
      }),
      'templates/brief.yaml': hookJob({
        name: 'brief',
        hook: 'post-install',
        image: 'lab/worker:1',
        deletePolicy: 'hook-succeeded',
      }),
      'templates/last.yaml': hookJob({ name: 'last', hook: 'pre-delete', image: 'lab/worker:1' }),
    });
    await out('install hooked ./hooked -n hooks --create-namespace --timeout 30s');
    const { items } = await setting.cluster.adminClient.list(resources.jobs, { namespace: 'hooks' });
    expect(items.map((job) => job.metadata.name).sort()).toEqual(['first', 'second']);
    expect(await out('get hooks hooked -n hooks')).toContain('helm.sh/hook: pre-delete');
    await out('uninstall hooked -n hooks --timeout 30s');
    expect(await dataOf('hooks', 'hooked')).toBeUndefined();
  });

  it('fails with a hook that fails, and leaves it to be looked at', async () => {
    await chart('broken', {
      'templates/config.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: broken }\n',
      'templates/hook.yaml': hookJob({ name: 'hook', hook: 'pre-upgrade', image: 'lab/failing:1' }),
    });
    await out('install broken ./broken -n broken --create-namespace');
    const failed = await run('upgrade broken ./broken -n broken --timeout 20s');
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/pre-upgrade hooks failed: .*BackoffLimitExceeded|pre-upgrade hooks failed: .*Job/);
    expect(await out('history broken -n broken')).toMatch(/1\s.*deployed[^]*2\s.*failed/);
    const job = await setting.cluster.adminClient.find(resources.jobs, { name: 'hook', namespace: 'broken' });
    expect(job?.['status']).toMatchObject({ failed: 1 });
    await out('upgrade broken ./broken -n broken --no-hooks');
    expect(await releases('broken')).toMatchObject([{ revision: '3', status: 'deployed' }]);
  });

  it('runs the tests of a release', async () => {
    const pod = (image: string): string =>
      `apiVersion: v1\nkind: Pod\nmetadata: { name: check, annotations: { helm.sh/hook: test } }\nspec: { restartPolicy: Never, containers: [{ name: main, image: "{{ .Values.image | default "${image}" }}" }] }\n`;
    await chart('tested', { 'values.yaml': '{}\n', 'templates/check.yaml': pod('lab/worker:1') });
    await out('install tested ./tested -n tested --create-namespace');
    expect(await out('test tested -n tested --logs --timeout 20s')).toMatch(
      /Phase:\s+Succeeded[^]*POD LOGS: check\nworking/,
    );
    await out('upgrade tested ./tested -n tested --set image=lab/failing:1');
    const failed = await run('test tested -n tested --timeout 20s');
    expect(failed.code).toBe(1);
    expect(failed.stdout + failed.stderr).toMatch(/pod check failed|Failed/);
  });

  it('applies on the server or by itself, and takes over what stands', async () => {
    await setting.addNamespace('taking');
    const client = setting.cluster.adminClient;
    await client.create(resources.configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'mine', namespace: 'taking' },
      data: { greeting: 'own' },
    });
    expect((await run('install mine ./demo -n taking')).stderr).toContain('invalid ownership metadata');
    await out('install mine ./demo -n taking --take-ownership --force-conflicts');
    expect(await dataOf('taking', 'mine')).toEqual({ greeting: 'hello' });
    await out('upgrade mine ./demo -n taking --server-side=true --set greeting=a --force-conflicts');
    const managers = async (): Promise<string[]> => {
      const found = await client.get(resources.configMaps, { name: 'mine', namespace: 'taking' });
      return (found.metadata.managedFields ?? []).map((entry) => `${entry.manager ?? ''} ${entry.operation ?? ''}`);
    };
    expect(await managers()).toContain('helm Apply');
    await out('install old ./demo -n taking --server-side=false');
    await out('upgrade old ./demo -n taking --server-side=false --set greeting=b');
    expect(await dataOf('taking', 'old')).toEqual({ greeting: 'b' });
  });

  it('refuses to go on while an operation is pending, until it is rolled back', async () => {
    await out('install stuck ./demo -n stuck --create-namespace');
    await out('upgrade stuck ./demo -n stuck --set greeting=two');
    const client = setting.cluster.adminClient;
    const name = 'sh.helm.release.v1.stuck.v2';
    // What a helm leaves that was killed in the middle: the release's record says pending.
    const secret = await client.get(resources.secrets, { name, namespace: 'stuck' });
    const { gunzipSync, gzipSync } = await import('node:zlib');
    const encoded = Buffer.from((secret['data'] as { release: string }).release, 'base64').toString();
    const record = JSON.parse(gunzipSync(Buffer.from(encoded, 'base64')).toString()) as { info: { status: string } };
    record.info.status = 'pending-upgrade';
    const release = Buffer.from(gzipSync(JSON.stringify(record)).toString('base64')).toString('base64');
    await client.patch(
      resources.secrets,
      { name, namespace: 'stuck' },
      {
        type: 'merge',
        body: { metadata: { labels: { status: 'pending-upgrade' } }, data: { release } },
      },
    );
    expect(await releases('stuck', '--pending')).toMatchObject([{ name: 'stuck', status: 'pending-upgrade' }]);
    expect((await run('upgrade stuck ./demo -n stuck')).stderr).toContain(
      'another operation (install/upgrade/rollback) is in progress',
    );
    await out('rollback stuck 1 -n stuck');
    expect(await releases('stuck')).toMatchObject([{ revision: '3', status: 'deployed' }]);
    expect(await dataOf('stuck', 'stuck')).toEqual({ greeting: 'hello' });
  });

  it('pushes charts to the registry of the lab and installs them from there', async () => {
    const registry = await startRegistry({ folder: join(setting.folder, 'registry') });
    try {
      await chart(
        'packed',
        { 'templates/c.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: packed }\ndata: { a: b }\n' },
        '1.2.3',
      );
      await out('package packed');
      await out(`push packed-1.2.3.tgz oci://${registry.address}/charts --plain-http`);
      const source = `oci://${registry.address}/charts/packed`;
      expect(await out(`show chart ${source} --version 1.2.3 --plain-http`)).toContain('name: packed');
      await out(`install packed ${source} --version 1.2.3 --plain-http -n oci --create-namespace`);
      expect(await dataOf('oci', 'packed')).toEqual({ a: 'b' });
      await out(`pull ${source} --version 1.2.3 --plain-http --untar --untardir unpacked`);
      expect(await readFile(join(setting.folder, 'unpacked', 'packed', 'Chart.yaml'), 'utf8')).toContain('1.2.3');
      expect((await run(`install none ${source} --version 9.9.9 --plain-http`)).stderr).toMatch(/not found/);
    } finally {
      await registry.close();
    }
  });
});
