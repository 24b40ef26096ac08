import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../base/index.ts';
import { HttpKubeClient, resources, watchUntil, type KubeClient, type KubeObject } from '../../kube/index.ts';
import { startApiServer, type ApiServer } from '../apiserver/index.ts';
import { MemoryStore } from '../etcd/index.ts';
import { runGarbageCollector } from './garbage-collector.ts';

const namespace = 'default';
let store: MemoryStore;
let server: ApiServer;
let client: KubeClient;
let stop: AbortController;
let running: Promise<void>;

beforeAll(async () => {
  store = new MemoryStore();
  server = await startApiServer({ store });
  client = await HttpKubeClient.fromText(await server.adminKubeconfig());
  stop = new AbortController();
  running = runGarbageCollector({ client, clock: systemClock, signal: stop.signal });
});
afterAll(async () => {
  stop.abort();
  await running;
  await client.close();
  await server.close();
  await store.close();
});

test('an object that is put in the place of another in etcd is not the owner of what the other owned', async () => {
  const metadata = { name: 'owner', namespace };
  const owner: KubeObject = await client.create(resources.configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
  });
  const uid = owner.metadata.uid ?? '';
  const ownedBy = (name: string, of: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace,
      // Who looks after it is not there, as a provider on a standby is not.
      finalizers: ['example.com/machine'],
      ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: of }],
    },
  });
  await client.create(resources.secrets, ownedBy('of-the-former', uid));
  // The collector knows both of them by the time it has taken what came after them and belongs to nobody.
  for (const resource of [resources.configMaps, resources.secrets]) {
    const name = 'orphan';
    const { metadata: orphan } = ownedBy(name, '99999999-2222-4333-a444-555555555555');
    await client.create(resource, { apiVersion: 'v1', kind: resource.kind, metadata: orphan });
    await watchUntil(client, resource, { namespace, signal: AbortSignal.timeout(10_000) }, (all) =>
      all.get(`${namespace}/${name}`)?.metadata.deletionTimestamp === undefined ? undefined : true,
    );
  }
  const key = Buffer.from('/registry/configmaps/default/owner');
  const { kvs } = await store.range({ key });
  const other = '11111111-2222-4333-a444-555555555555';
  const text = Buffer.from(kvs[0]?.value ?? '').toString('utf8');
  await store.put({ key, value: Buffer.from(text.replaceAll(uid, other)) });

  const deleted = await watchUntil(
    client,
    resources.secrets,
    { namespace, signal: AbortSignal.timeout(10_000) },
    (all) => {
      const secret = all.get(`${namespace}/of-the-former`);
      return secret?.metadata.deletionTimestamp === undefined ? undefined : secret;
    },
  );
  expect(deleted.metadata.finalizers).toEqual(['example.com/machine']);
  await client.create(resources.secrets, ownedBy('of-the-other', other));
  // Whatever comes to pass for the first name has been looked at when a third, without an owner, is gone.
  await client.create(resources.secrets, ownedBy('of-nobody', '99999999-2222-4333-a444-555555555555'));
  await watchUntil(client, resources.secrets, { namespace, signal: AbortSignal.timeout(10_000) }, (all) =>
    all.get(`${namespace}/of-nobody`)?.metadata.deletionTimestamp === undefined ? undefined : true,
  );
  const kept = await client.get(resources.secrets, { name: 'of-the-other', namespace });
  expect(kept.metadata.deletionTimestamp).toBeUndefined();
});
