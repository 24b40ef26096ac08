import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpKubeClient, resources, wellKnownResource, type KubeObject } from '../../kube/index.ts';
import { startApiServer, type ApiServer } from '../../lab/apiserver/index.ts';
import { coreCrds, dcsCrds, kubeadmCrds } from '../../kube/crds/index.ts';
import { MemoryStore } from '../../lab/etcd/index.ts';
import { renderSite } from '../../manifests/index.ts';
import { exampleSite } from '../../providers/example-sites.fixture.ts';
import { registerLint } from '../commands/lint.ts';
import { runCommand, type Outcome } from '../test-app.fixture.ts';

describe('lint --live, over HTTP', () => {
  let server: ApiServer;
  let client: HttpKubeClient;
  let folder = '';
  const template = (objects: readonly KubeObject[]): KubeObject | undefined =>
    objects.find(({ kind }) => kind === 'DCSMachineTemplate');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'globalctl-live-'));
    server = await startApiServer({ store: new MemoryStore() });
    await writeFile(join(folder, 'kubeconfig'), await server.adminKubeconfig());
    client = await HttpKubeClient.fromText(await server.adminKubeconfig());
    for (const crd of [...coreCrds, ...kubeadmCrds, ...dcsCrds])
      await client.create(resources.customResourceDefinitions, crd);
    await client.create(resources.namespaces, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'cpaas-system' },
    });
    for (const object of (await renderSite(exampleSite('dcs'), { secrets: 'stand-in' })).manifest) {
      const resource = wellKnownResource(object.apiVersion, object.kind);
      if (!resource) throw new Error(`no resource for ${object.kind}`);
      await client.create(resource, object);
    }
  });
  afterAll(async () => {
    await client.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  const run = (...args: string[]): Promise<Outcome> =>
    runCommand(registerLint, ['lint', '--live', '--kubeconfig', join(folder, 'kubeconfig'), ...args], { cwd: folder });

  it('finds nothing in what a site rendered, nor a difference to it', async () => {
    const site = join(folder, 'site.yaml');
    await writeFile(site, exampleSite('dcs').text);
    for (const args of [[], ['-f', site]]) {
      const { stdout, exitCode } = await run(...args);
      expect(stdout).toMatch(/^no findings in \d+ objects; global \(dcs\)\n$/);
      expect(exitCode).toBe(0);
    }
  });

  it('finds what somebody changed with kubectl, names object and field, and offers no fix', async () => {
    const ref = { name: 'global', namespace: 'cpaas-system' };
    const set = (value: string): Promise<KubeObject> =>
      client.patch(resources.clusters, ref, { type: 'merge', body: { metadata: { labels: { 'is-global': value } } } });
    await set('yes');
    const { stdout, exitCode } = await run();
    await set('true');
    expect(exitCode).toBe(4);
    expect(stdout).toContain('in Cluster cpaas-system/global metadata.labels.is-global');
    expect(stdout).toMatch(/^1 error in \d+ objects/m);
  });

  it('shows an edit of a template that the cluster has, in a file and in what a site renders to', async () => {
    const { text } = exampleSite('dcs');
    const site = join(folder, 'changed.yaml');
    await writeFile(site, text.replace('MicroOS-5.5-v4.2.2', 'golden-microos'));
    const rendered = await run('-f', site);
    expect(rendered.stdout).toContain('error MANIFEST_TEMPLATE_IMMUTABLE');
    expect(rendered.exitCode).toBe(4);
    const file = join(folder, 'template.json');
    const changed = structuredClone(template((await renderSite(exampleSite('dcs'), { secrets: 'stand-in' })).manifest));
    const spec = changed?.['spec'] as { template: { spec: Record<string, unknown> } };
    spec.template.spec['vmTemplateName'] = 'golden-microos';
    await writeFile(file, JSON.stringify(changed));
    expect((await run(file, '--rule', 'MANIFEST_TEMPLATE_IMMUTABLE')).stdout).toContain(
      'the cluster has this template',
    );
  });
});
