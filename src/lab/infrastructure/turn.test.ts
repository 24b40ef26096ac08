import { afterAll, beforeAll, expect, it } from 'vitest';
import { HttpKubeClient, resources, type KubeObject } from '../../kube/index.ts';
import { startApiServer, type ApiServer } from '../apiserver/index.ts';
import { MemoryStore } from '../etcd/index.ts';
import { turnOf } from './turn.ts';

// ConfigMaps stand for machines: what counts is their names, their pool, and whether they hold a slot.
const machine = (name: string, pool = 'p', slot?: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data: { pool, ...(slot !== undefined && { slot }) },
});
const dataOf = (m: KubeObject): Record<string, string> => (m['data'] ?? {}) as Record<string, string>;

let server: ApiServer;
let client: HttpKubeClient;
beforeAll(async () => {
  server = await startApiServer({ store: new MemoryStore() });
  client = await HttpKubeClient.fromText(await server.adminKubeconfig());
  for (const m of [machine('b'), machine('a'), machine('d'), machine('c', 'p', 'taken'), machine('0', 'other')])
    await client.create(resources.configMaps, m);
});
afterAll(async () => {
  await client.close();
  await server.close();
});

it.each([
  ['a', 0],
  ['b', 1],
  ['d', 2],
])('machine %s waits behind %i machines of its pool without a slot, whoever asks first', async (name, turn) => {
  const environment = { client, signal: new AbortController().signal };
  const request = {
    resource: resources.configMaps,
    asking: machine(name),
    poolOf: (m: KubeObject) => dataOf(m)['pool'],
    holds: (m: KubeObject) => dataOf(m)['slot'] !== undefined,
  };
  expect(await turnOf(environment, request)).toBe(turn);
});
