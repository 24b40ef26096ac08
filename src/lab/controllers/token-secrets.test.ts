import { afterAll, beforeAll, expect, test } from 'vitest';
import { SeededRandom, systemClock } from '../../base/index.ts';
import { fieldAt, HttpKubeClient, resources, watchUntil, type KubeObject } from '../../kube/index.ts';
import { startApiServer, type ApiServer } from '../apiserver/index.ts';
import { MemoryStore } from '../etcd/index.ts';
import { runKubernetesControllers } from './run-controllers.ts';
import { tokenSecretsReconciler } from './token-secrets.ts';

const UID = 'kubernetes.io/service-account.uid';
const namespace = 'default';
const store = new MemoryStore();
const stop = new AbortController();
let server: ApiServer;
let client: HttpKubeClient;
let controllers: Promise<void>;

beforeAll(async () => {
  server = await startApiServer({ store });
  client = await HttpKubeClient.fromText(await server.adminKubeconfig());
  await new Promise<void>((resolve) => {
    controllers = runKubernetesControllers({
      client,
      clock: systemClock,
      random: new SeededRandom(1),
      signal: stop.signal,
      caPem: server.caPem,
      onSynced: resolve,
      further: {
        'token-controller': tokenSecretsReconciler({
          caPem: 'the authority',
          tokenFor: ({ namespace: place, name, uid }, secret) => `${place}/${name}/${uid}/${secret}`,
        }),
      },
    });
  });
});

afterAll(async () => {
  stop.abort();
  await controllers;
  await client.close();
  await server.close();
  await store.close();
});

const account = (name: string): Promise<KubeObject> =>
  client.create(resources.serviceAccounts, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace },
  });

const secret = (name: string, owner: string, more: Record<string, unknown> = {}): Promise<KubeObject> =>
  client.create(resources.secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, annotations: { 'kubernetes.io/service-account.name': owner } },
    type: 'kubernetes.io/service-account-token',
    ...more,
  });

function until<T>(done: (secrets: ReadonlyMap<string, KubeObject>) => T | undefined): Promise<T> {
  return watchUntil(client, resources.secrets, { namespace, signal: AbortSignal.timeout(10_000) }, done);
}

const filled = (name: string): Promise<KubeObject> =>
  until((secrets) => {
    const found = secrets.get(`${namespace}/${name}`);
    return fieldAt(found, 'data', 'token') === undefined ? undefined : found;
  });

const gone = (name: string): Promise<true> =>
  until((secrets) => (secrets.has(`${namespace}/${name}`) ? undefined : true));

const decoded = (object: KubeObject, key: string): string =>
  Buffer.from(String(fieldAt(object, 'data', key)), 'base64').toString('utf8');

test('a Secret that waits for its account is filled when the account comes', async () => {
  await secret('early', 'late');
  const uid = (await account('late')).metadata.uid ?? '';
  const found = await filled('early');
  expect(decoded(found, 'token')).toBe(`default/late/${uid}/early`);
  expect(decoded(found, 'ca.crt')).toBe('the authority');
  expect(decoded(found, 'namespace')).toBe('default');
  expect(found.metadata.annotations?.[UID]).toBe(uid);
});

test('the Secret goes with its account, and no other does', async () => {
  await secret('kept', 'stays');
  await account('stays');
  await secret('lost', 'leaves');
  await account('leaves');
  await Promise.all([filled('kept'), filled('lost')]);
  await client.delete(resources.serviceAccounts, { name: 'leaves', namespace });
  await gone('lost');
  expect(decoded(await filled('kept'), 'token')).toContain('default/stays/');
});

test('a Secret of an account that was made anew goes', async () => {
  await account('again');
  await secret('stale', 'again', {
    metadata: {
      name: 'stale',
      namespace,
      annotations: { 'kubernetes.io/service-account.name': 'again', [UID]: 'of-the-former-one' },
    },
    data: { token: Buffer.from('former').toString('base64') },
  });
  await gone('stale');
});

test('a token that stands is kept, and Secrets of other types are left alone', async () => {
  const token = Buffer.from('own').toString('base64');
  await secret('other', 'both', { type: 'Opaque' });
  await secret('full', 'both', { data: { token } });
  await secret('mark', 'both');
  await account('both');
  // What the controller does to the last of them, it has decided for the ones before.
  await filled('mark');
  expect(fieldAt(await client.get(resources.secrets, { name: 'full', namespace }), 'data')).toEqual({ token });
  const other = await client.get(resources.secrets, { name: 'other', namespace });
  expect(other['data']).toBeUndefined();
  expect(other.metadata.annotations).not.toHaveProperty([UID]);
});
