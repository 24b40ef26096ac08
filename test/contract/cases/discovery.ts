import { expect } from 'vitest';
import { expectFailure, listAt, textAt, type ContractCase } from '../contract-case.ts';

const V2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

export const discovery: readonly ContractCase[] = [
  {
    title: '/version names a major and minor version',
    run: async (w) => {
      const version = await w.get('/version');
      expect(version).toMatchObject({ major: '1', minor: expect.stringMatching(/^\d+\+?$/) as string });
      expect(textAt(version, 'gitVersion')).toMatch(/^v1\.\d+\.\d+/);
    },
  },
  ...['/healthz', '/livez', '/readyz'].map((path) => ({
    title: `${path} answers ok in plain text`,
    run: async (w: Parameters<ContractCase['run']>[0]) => {
      const answer = await w.api.call('GET', path);
      expect(answer).toMatchObject({ code: 200, text: 'ok' });
    },
  })),
  {
    title: '/api lists the versions of the core group',
    run: async (w) => expect(await w.get('/api')).toMatchObject({ kind: 'APIVersions', versions: ['v1'] }),
  },
  {
    title: '/apis lists the groups with their preferred versions',
    run: async (w) => {
      const list = await w.get('/apis');
      expect(list).toMatchObject({ kind: 'APIGroupList', apiVersion: 'v1' });
      expect(listAt(list, 'groups').find((g) => g['name'] === 'apps')).toEqual({
        name: 'apps',
        versions: [{ groupVersion: 'apps/v1', version: 'v1' }],
        preferredVersion: { groupVersion: 'apps/v1', version: 'v1' },
      });
    },
  },
  {
    title: '/apis/GROUP describes one group',
    run: async (w) =>
      expect(await w.get('/apis/apps')).toMatchObject({
        kind: 'APIGroup',
        apiVersion: 'v1',
        name: 'apps',
        preferredVersion: { groupVersion: 'apps/v1' },
      }),
  },
  {
    title: 'a group that is not served is a 404 in plain text',
    run: async (w) => {
      const answer = await w.api.call('GET', '/apis/no.such.group');
      expect(answer.code).toBe(404);
      expect(answer.text).toContain('404 page not found');
    },
  },
  {
    title: '/api/v1 describes configmaps with short name, verbs and singular name',
    run: async (w) => {
      const list = await w.get('/api/v1');
      expect(list).toMatchObject({ kind: 'APIResourceList', groupVersion: 'v1' });
      const found = listAt(list, 'resources').find((r) => r['name'] === 'configmaps');
      expect(found).toMatchObject({
        singularName: 'configmap',
        namespaced: true,
        kind: 'ConfigMap',
        shortNames: ['cm'],
      });
      expect(found?.['verbs']).toEqual([
        'create',
        'delete',
        'deletecollection',
        'get',
        'list',
        'patch',
        'update',
        'watch',
      ]);
    },
  },
  {
    title: '/apis/apps/v1 lists the status and scale subresources of deployments, scale with its own group',
    run: async (w) => {
      const resources = listAt(await w.get('/apis/apps/v1'), 'resources');
      expect(resources.find((r) => r['name'] === 'deployments')).toMatchObject({
        shortNames: ['deploy'],
        categories: ['all'],
      });
      expect(resources.find((r) => r['name'] === 'deployments/scale')).toMatchObject({
        group: 'autoscaling',
        version: 'v1',
        kind: 'Scale',
        verbs: ['get', 'patch', 'update'],
      });
      expect(resources.find((r) => r['name'] === 'deployments/status')).toMatchObject({ kind: 'Deployment' });
    },
  },
  {
    title: 'nodes and namespaces are not namespaced',
    run: async (w) => {
      const resources = listAt(await w.get('/api/v1'), 'resources');
      for (const name of ['nodes', 'namespaces'])
        expect(resources.find((r) => r['name'] === name)).toMatchObject({ namespaced: false });
    },
  },
  {
    title: 'aggregated discovery answers in its own media type',
    run: async (w) => {
      const answer = await w.api.call('GET', '/apis', undefined, { accept: `${V2},application/json` });
      expect(answer.headers['content-type']).toBe(V2);
      expect(answer.body).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' });
    },
  },
  {
    title: 'aggregated discovery describes resources with scope, short names and subresources',
    run: async (w) => {
      const { body } = await w.api.call('GET', '/apis', undefined, { accept: `${V2},application/json` });
      const apps = listAt(body, 'items').find((g) => textAt(g, 'metadata', 'name') === 'apps');
      const version = listAt(apps, 'versions')[0];
      expect(version).toMatchObject({ version: 'v1', freshness: 'Current' });
      const deployments = listAt(version, 'resources').find((r) => r['resource'] === 'deployments');
      expect(deployments).toMatchObject({
        responseKind: expect.objectContaining({ kind: 'Deployment' }) as object,
        scope: 'Namespaced',
        singularResource: 'deployment',
        shortNames: ['deploy'],
        categories: ['all'],
      });
      expect(listAt(deployments, 'subresources').map((s) => s['subresource'])).toEqual(
        expect.arrayContaining(['scale', 'status']),
      );
    },
  },
  {
    title: 'aggregated discovery of /api holds the core group under an empty name',
    run: async (w) => {
      const { body } = await w.api.call('GET', '/api', undefined, { accept: `${V2},application/json` });
      const items = listAt(body, 'items');
      expect(items).toHaveLength(1);
      expect(items[0]).toMatchObject({ versions: [{ version: 'v1' }] });
    },
  },
  {
    title: 'a custom resource is discovered in all served versions, the preferred one first',
    run: async (w) => {
      expect(await w.get(`/apis/${w.group}`)).toMatchObject({
        versions: [{ version: 'v1' }, { version: 'v1beta1' }],
        preferredVersion: { groupVersion: `${w.group}/v1`, version: 'v1' },
      });
    },
  },
  {
    title: 'a custom resource is discovered with short names, categories and subresources',
    run: async (w) => {
      const resources = listAt(await w.get(`/apis/${w.group}/v1`), 'resources');
      expect(resources.map((r) => r['name'])).toEqual(['widgets', 'widgets/status', 'widgets/scale']);
      expect(resources[0]).toMatchObject({
        singularName: 'widget',
        kind: 'Widget',
        shortNames: ['wdg'],
        categories: ['contract'],
      });
    },
  },
  {
    title: '/openapi/v3 names a document for each group and version, with a hash',
    run: async (w) => {
      const { body } = await w.api.call('GET', '/openapi/v3');
      const path = textAt(body, 'paths', 'apis/apps/v1', 'serverRelativeURL');
      expect(path).toMatch(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]+$/);
      const document = await w.get(path);
      expect(document).toMatchObject({ openapi: '3.0.0' });
      expect(document['paths']).toHaveProperty(['/apis/apps/v1/namespaces/{namespace}/deployments/{name}', 'patch']);
    },
  },
  {
    title: 'an unknown path below a group is a 404 Status or plain text, never a success',
    run: async (w) => {
      const answer = await w.api.call('GET', w.core('nosuchthings'));
      expectFailure(answer, 404, 'NotFound', { message: 'the server could not find the requested resource' });
    },
  },
  {
    title: 'the resources of a group are discovered in the order of their names',
    run: async (w) => {
      for (const path of ['/api/v1', '/apis/apps/v1', '/apis/batch/v1', '/apis/storage.k8s.io/v1']) {
        const found = listAt(await w.get(path), 'resources').map((r) => textAt(r, 'name'));
        expect(found, path).toEqual([...found].sort());
      }
    },
  },
];
