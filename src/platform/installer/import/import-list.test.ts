import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resources } from '../../../kube/index.ts';
import { populate, setImportList, Side } from '../../../../test/rigs/import/sides.ts';
import { readImportList } from './import-list.ts';

const infra = 'infrastructure.cluster.x-k8s.io';

describe('the list of further resources', () => {
  let source: Side;
  beforeAll(async () => {
    source = await Side.start();
    await populate(source, 1);
  });
  afterAll(async () => {
    await source[Symbol.asyncDispose]();
  });

  const faultsOf = async (entries: readonly unknown[], method: 'etcdctl' | 'kubectl' = 'etcdctl'): Promise<string> => {
    await setImportList(source.client, entries);
    const error = await readImportList(source.client, method).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'IMPORT_REFUSED' });
    return (error as Error).message;
  };

  it.each([
    [
      'an unknown resource',
      { resource: 'moons.example.com', method: 'kubectl' },
      'the cluster does not serve such a resource',
    ],
    [
      'a name that is missing',
      { resource: 'secrets', names: ['global-secret', 'gone'], method: 'kubectl' },
      'there is no Secret gone',
    ],
    ['all Secrets', { resource: 'secrets', method: 'kubectl' }, 'needs names'],
    [
      'Secrets by key, which are encrypted',
      {
        resource: 'secrets',
        names: ['global-secret'],
        etcdKeyBase: '/registry/secrets/cpaas-system/',
        method: 'etcdctl',
      },
      'method etcdctl is for custom resources',
    ],
    [
      'the key base of another resource',
      {
        resource: `hcsclusters.${infra}`,
        etcdKeyBase: `/registry/${infra}/hcsmachines/cpaas-system/`,
        method: 'etcdctl',
      },
      `is the folder of another resource; expected /registry/${infra}/hcsclusters/cpaas-system/`,
    ],
    [
      'a key base outside the prefix',
      {
        resource: `hcsclusters.${infra}`,
        etcdKeyBase: `/kubernetes.io/${infra}/hcsclusters/cpaas-system/`,
        method: 'etcdctl',
      },
      'lies outside /registry/',
    ],
    [
      'the key base of another namespace',
      { resource: `hcsclusters.${infra}`, etcdKeyBase: `/registry/${infra}/hcsclusters/default/`, method: 'etcdctl' },
      'is not the folder of cpaas-system',
    ],
    [
      'a key base of all namespaces',
      { resource: `hcsclusters.${infra}`, etcdKeyBase: `/registry/${infra}/hcsclusters/`, method: 'etcdctl' },
      'is not the folder of cpaas-system',
    ],
    [
      'no key base',
      { resource: `hcsclusters.${infra}`, method: 'etcdctl' },
      'method etcdctl needs etcdKeyBase: /registry/',
    ],
    [
      'objects of the cluster itself',
      { resource: 'nodes', names: ['a'], method: 'kubectl' },
      'a Node belongs to the cluster',
    ],
    [
      'a built-in resource by another method',
      { resource: 'machines.cluster.x-k8s.io', method: 'kubectl' },
      'the installer imports this resource by itself',
    ],
    ['an unknown method', { resource: 'secrets', names: ['global-secret'], method: 'rsync' }, 'resources.0.method'],
    [
      'an unknown field',
      { resource: 'secrets', names: ['global-secret'], method: 'kubectl', namespace: 'x' },
      'namespace',
    ],
    ['an empty name', { resource: 'secrets', names: [''], method: 'kubectl' }, 'resources.0.names.0'],
  ])('is refused for %s', async (_what, entry, message) => {
    expect(await faultsOf([entry])).toContain(message);
  });

  it('is refused when two entries ask for one object', async () => {
    const secret = { resource: 'secrets', names: ['global-secret'], method: 'kubectl' };
    expect(await faultsOf([secret, secret])).toContain('entry 2 (secrets): global-secret is in entry 1 (secrets)');
    const pools = { resource: `hcsmachineconfigpools.${infra}`, method: 'kubectl' };
    expect(await faultsOf([pools, pools])).toContain('the same resource is in entry 1');
    expect(await faultsOf([{ ...secret, names: ['global-secret', 'global-secret'] }])).toContain('stands there twice');
  });

  it('names all its faults at once', async () => {
    const message = await faultsOf([
      { resource: 'moons.example.com', method: 'kubectl' },
      { resource: `hcsclusters.${infra}`, method: 'etcdctl' },
    ]);
    expect(message).toMatch(/^2 faults/);
    expect(message).toContain('entry 1 (moons.example.com)');
    expect(message).toContain(`entry 2 (hcsclusters.${infra})`);
  });

  it('that is not YAML, or has another key, is refused', async () => {
    const metadata = { name: 'dcs-import-extra-resources', namespace: 'cpaas-system' };
    const set = (data: Record<string, string>): Promise<unknown> =>
      source.client.replace(resources.configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
    await set({ 'resources.yaml': 'resources: [' });
    await expect(readImportList(source.client, 'etcdctl')).rejects.toThrow('is not YAML');
    await set({ resources: '[]' });
    await expect(readImportList(source.client, 'etcdctl')).rejects.toThrow('no key resources.yaml');
  });

  it('takes built-in resources when everything goes through the API', async () => {
    await setImportList(source.client, [{ resource: 'machines.cluster.x-k8s.io', method: 'kubectl' }]);
    const items = await readImportList(source.client, 'kubectl');
    expect(items.map((item) => [item.resource.kind, item.statusSubresource])).toEqual([['Machine', true]]);
  });

  it('that is not there is empty', async () => {
    await source.client.delete(resources.configMaps, { name: 'dcs-import-extra-resources', namespace: 'cpaas-system' });
    expect(await readImportList(source.client, 'etcdctl')).toEqual([]);
  });
});
