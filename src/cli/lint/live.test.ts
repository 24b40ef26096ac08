import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
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

  describe('by an account that may not list all', () => {
    const rbac = 'rbac.authorization.k8s.io/v1';
    /** A kubeconfig of a new service account that may list `rules`; in one namespace only where it is given. */
    const accountOf = async (name: string, rules: readonly object[], namespace?: string): Promise<string> => {
      const at = { name, namespace: 'cpaas-system' };
      await client.create(resources.serviceAccounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: at });
      const subjects = [{ kind: 'ServiceAccount', ...at }];
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name };
      await client.create(resources.clusterRoles, { apiVersion: rbac, kind: 'ClusterRole', metadata: { name }, rules });
      if (namespace === undefined)
        await client.create(resources.clusterRoleBindings, {
          ...{ apiVersion: rbac, kind: 'ClusterRoleBinding' },
          ...{ metadata: { name }, roleRef, subjects },
        });
      else
        await client.create(resources.roleBindings, {
          ...{ apiVersion: rbac, kind: 'RoleBinding' },
          ...{ metadata: { name, namespace }, roleRef, subjects },
        });
      const path = `/api/v1/namespaces/cpaas-system/serviceaccounts/${name}/token`;
      const answer = await client.request('POST', path, { body: { spec: { expirationSeconds: 600 } } });
      const { token } = (answer as { status: { token: string } }).status;
      const admin = parse(await server.adminKubeconfig()) as { users: object[] };
      const file = join(folder, name);
      await writeFile(file, stringify({ ...admin, users: admin.users.map((user) => ({ ...user, user: { token } })) }));
      return file;
    };
    const lintAs = (kubeconfig: string, ...args: string[]): Promise<Outcome> =>
      runCommand(registerLint, ['lint', '--live', '--kubeconfig', kubeconfig, ...args], { cwd: folder });
    const may = (...resourcesOf: readonly string[]): object => ({
      apiGroups: ['*'],
      resources: resourcesOf,
      verbs: ['list'],
    });
    const clusterApi = {
      apiGroups: [
        'cluster.x-k8s.io',
        'addons.cluster.x-k8s.io',
        'controlplane.cluster.x-k8s.io',
        'bootstrap.cluster.x-k8s.io',
      ],
      resources: ['*'],
      verbs: ['list'],
    };
    const infrastructure = may('dcsclusters', 'dcsmachinetemplates', 'dcsiphostnamepools');

    it('goes on without Secrets, says which and what is therefore not checked, and calls no Secret missing', async () => {
      const file = await accountOf('no-secrets', [clusterApi, infrastructure, may('configmaps', 'appreleases')]);
      const { stdout, stderr, exitCode } = await lintAs(file);
      expect(stdout).toMatch(/^no findings in \d+ objects; global \(dcs\)\n$/);
      expect(exitCode).toBe(0);
      expect(stderr).toContain('the account may not list secrets in cpaas-system');
      expect(stderr).toContain('MANIFEST_REFERENCE_DANGLING');
      expect((await lintAs(file, '--strict')).exitCode).toBe(4);
      const answer = JSON.parse((await lintAs(file, '-o', 'json')).stdout) as Record<string, unknown>;
      expect(answer).toMatchObject({
        errors: 0,
        warnings: 0,
        notRead: [{ kind: 'Secret', resource: 'secrets', namespace: 'cpaas-system' }],
        notChecked: expect.arrayContaining(['MANIFEST_CREDENTIAL']) as unknown,
      });
    });

    it('goes on without pools and templates, and finds what the rest shows', async () => {
      const file = await accountOf('no-machines', [
        clusterApi,
        may('secrets', 'configmaps', 'appreleases', 'dcsclusters'),
      ]);
      expect(await lintAs(file)).toMatchObject({
        exitCode: 0,
        stdout: expect.stringMatching(/^no findings/) as string,
      });
      const ref = { name: 'global', namespace: 'cpaas-system' };
      const label = (value: string): Promise<KubeObject> =>
        client.patch(resources.clusters, ref, {
          type: 'merge',
          body: { metadata: { labels: { 'is-global': value } } },
        });
      await label('yes');
      const { stdout } = await lintAs(file);
      await label('true');
      expect(stdout).toMatch(/^1 error in \d+ objects/m);
    });

    it('looks into the namespace of the platform where only a role of that namespace lets it', async () => {
      const all = { apiGroups: ['*'], resources: ['*'], verbs: ['list'] };
      const { stdout, stderr, exitCode } = await lintAs(await accountOf('one-namespace', [all], 'cpaas-system'));
      expect(stdout).toMatch(/^no findings in \d+ objects; global \(dcs\)\n$/);
      expect(exitCode).toBe(0);
      expect(stderr).toContain('the account may list clusters.cluster.x-k8s.io in cpaas-system only');
    });

    it('says what the API server says when it may list nothing', async () => {
      expect(await lintAs(await accountOf('nobody', []))).toMatchObject({ error: 'KUBE_API' });
    });
  });
});
