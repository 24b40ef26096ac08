import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allKeys, connectEtcd, prefixRange, type EtcdClient, type KeyValueStore } from '../../etcd/index.ts';
import { programOnPath, startEtcdProcess, type EtcdProcess } from '../../etcd/debian-etcd.fixture.ts';
import { isKubeReason, resources, type KubeObject } from '../../kube/index.ts';
import type { LabCluster } from '../cluster/index.ts';
import { DataCentre } from './index.ts';

const etcd = programOnPath('etcd');
const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');
const configMap = (name: string, data: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
});

async function keys(store: KeyValueStore, prefix: string): Promise<string[]> {
  const range = prefix === '' ? allKeys : prefixRange(prefix);
  return (await store.range({ ...range, keysOnly: true })).kvs.map((kv) => Buffer.from(kv.key).toString('utf8'));
}

if (etcd === undefined) {
  it.skip('clusters on a real etcd: skipped, no etcd on PATH (Debian: apt-get install etcd-server)', () => undefined);
} else {
  describe('clusters of a data centre on a real etcd', () => {
    let server: EtcdProcess;
    let outside: EtcdClient;
    let folder: string;
    let dataCentre: DataCentre;
    let one: LabCluster;
    let two: LabCluster;
    const trouble: string[] = [];
    const inOne = { name: 'a', namespace: 'default' };

    const start = (name: string): Promise<LabCluster> =>
      dataCentre.startCluster({
        name,
        kubernetesVersion: 'v1.33.7',
        podCIDR: '10.244.0.0/16',
        serviceCIDR: '10.96.0.0/16',
        requiresCni: false,
      });

    beforeAll(async () => {
      server = await startEtcdProcess(etcd);
      outside = await connectEtcd({ endpoints: [server.endpoint] });
      for (const key of ['/globalctl/test/killed:/registry/x', '/globalctl/test2/x', '/registry/x'])
        await outside.put({ key: bytes(key), value: bytes('{}') });
      folder = await mkdtemp(join(tmpdir(), 'cluster-stores-'));
      dataCentre = await DataCentre.start({
        folder,
        speed: 200,
        seed: 1,
        hostIP: '192.0.2.2',
        programs: [],
        validators: {},
        bootstrapCrds: [],
        storage: { connection: { endpoints: [server.endpoint] }, namespace: '/globalctl/test/' },
        log: (line) => trouble.push(line),
      });
      // The one's name begins the other's.
      [one, two] = await Promise.all([start('one'), start('one-two')]);
    });
    afterAll(async () => {
      await outside.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    });

    it('begin without what a killed data centre left, and leave what others keep there', async () => {
      expect(await keys(outside, '/globalctl/test/killed')).toEqual([]);
      expect(await keys(outside, '/globalctl/test2')).toEqual(['/globalctl/test2/x']);
    });

    it('create, change, list, refuse conflicts, watch and delete as clusters in memory do', async () => {
      const client = one.adminClient;
      const created = await client.create(resources.configMaps, configMap('a', { n: '1' }));
      await client.patch(resources.configMaps, inOne, { type: 'merge', body: { data: { n: '2' } } });
      const stale: unknown = await client.replace(resources.configMaps, created).catch((error: unknown) => error);
      expect(isKubeReason(stale, 'Conflict')).toBe(true);
      await client.apply(resources.configMaps, configMap('b', { n: '1' }), { fieldManager: 'test' });
      const { items, resourceVersion } = await client.list(resources.configMaps, { namespace: 'default' });
      expect(items.map((item) => `${item.metadata.name ?? ''} ${JSON.stringify(item['data'])}`)).toEqual(
        expect.arrayContaining(['a {"n":"2"}', 'b {"n":"1"}']),
      );
      const signal = AbortSignal.timeout(10_000);
      const events = client.watch(resources.configMaps, { namespace: 'default', resourceVersion, signal });
      await client.delete(resources.configMaps, { name: 'b', namespace: 'default' });
      for await (const event of events) {
        if (event.type === 'BOOKMARK') continue;
        expect(`${event.type} ${event.object.metadata.name ?? ''}`).toBe('DELETED b');
        break;
      }
      expect(await client.find(resources.configMaps, { name: 'b', namespace: 'default' })).toBeUndefined();
    });

    it('keep their objects apart, each below its own name', async () => {
      expect(await keys(outside, '/globalctl/test/one:/registry/configmaps/default/a')).toHaveLength(1);
      expect(await keys(outside, '/globalctl/test/one-two:/registry/configmaps/default/a')).toEqual([]);
      expect(await two.adminClient.find(resources.configMaps, inOne)).toBeUndefined();
    });

    it('show their keys as /registry at their own etcd, and serve what is written there by key', async () => {
      const { loopbackPort, caPem, client } = one.etcd;
      const own = await connectEtcd({
        endpoints: [`127.0.0.1:${String(loopbackPort)}`],
        tls: { ca: caPem, certificate: client.certificatePem, key: client.keyPem },
      });
      try {
        const all = await keys(own, '');
        expect(all).toContain('/registry/configmaps/default/a');
        expect(all.filter((key) => !key.startsWith('/registry/'))).toEqual([]);
        const value = bytes(JSON.stringify(configMap('imported', { by: 'key' })));
        await own.put({ key: bytes('/registry/configmaps/default/imported'), value });
        const seen = await one.adminClient.get(resources.configMaps, { name: 'imported', namespace: 'default' });
        expect(seen['data']).toEqual({ by: 'key' });
      } finally {
        await own.close();
      }
    });

    it('take their keys with them when they stop', async () => {
      await one.stop();
      expect(await keys(outside, '/globalctl/test/one:')).toEqual([]);
      expect(await keys(outside, '/globalctl/test/one-two:')).not.toEqual([]);
      await outside.put({ key: bytes('/globalctl/test/late'), value: bytes('1') });
      await two.stop();
      await dataCentre.stop();
      expect(await keys(outside, '')).toEqual(['/globalctl/test2/x', '/registry/x']);
      expect(trouble).toEqual([]);
    });
  });
}
