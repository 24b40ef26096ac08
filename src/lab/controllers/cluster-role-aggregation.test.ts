import { afterAll, beforeAll, expect, test } from 'vitest';
import { SeededRandom, systemClock } from '../../base/index.ts';
import { HttpKubeClient, resources, watchUntil, type KubeObject } from '../../kube/index.ts';
import { startApiServer, type ApiServer } from '../apiserver/index.ts';
import { MemoryStore } from '../etcd/index.ts';
import { runKubernetesControllers } from './run-controllers.ts';

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

const rule = (resource: string): Record<string, unknown> => ({
  apiGroups: ['example.com'],
  resources: [resource],
  verbs: ['get'],
});

const role = (name: string, labels: Record<string, string>, more: Record<string, unknown>): Promise<KubeObject> =>
  client.create(resources.clusterRoles, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, labels },
    ...more,
  });

const collecting = (label: string): Record<string, unknown> => ({
  aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [label]: 'true' } }] },
  rules: [],
});

/** Resolves when the role has rules for exactly these resources, in this order. */
function rulesOf(name: string, expected: readonly string[]): Promise<true> {
  return watchUntil(client, resources.clusterRoles, { signal: AbortSignal.timeout(10_000) }, (roles) => {
    const rules = (roles.get(name)?.['rules'] ?? []) as { resources: string[] }[];
    return JSON.stringify(rules.flatMap((r) => r.resources)) === JSON.stringify(expected) ? true : undefined;
  });
}

test('a role collects the rules of those that it selects, in the order of their names and each once', async () => {
  await role('all', {}, collecting('part'));
  await role('part-b', { part: 'true' }, { rules: [rule('gears'), rule('wheels')] });
  await role('part-a', { part: 'true' }, { rules: [rule('wheels')] });
  await role('apart', {}, { rules: [rule('secrets')] });
  await expect(rulesOf('all', ['wheels', 'gears'])).resolves.toBe(true);
});

test('what a selected role loses, and a role that goes, leaves the collection', async () => {
  await role('whole', {}, collecting('piece'));
  await role('piece-a', { piece: 'true' }, { rules: [rule('wheels'), rule('gears')] });
  await role('piece-b', { piece: 'true' }, { rules: [rule('axles')] });
  await expect(rulesOf('whole', ['wheels', 'gears', 'axles'])).resolves.toBe(true);
  await client.patch(resources.clusterRoles, { name: 'piece-a' }, { type: 'merge', body: { rules: [rule('gears')] } });
  await expect(rulesOf('whole', ['gears', 'axles'])).resolves.toBe(true);
  await client.delete(resources.clusterRoles, { name: 'piece-b' });
  await expect(rulesOf('whole', ['gears'])).resolves.toBe(true);
});

test('a collection may be collected', async () => {
  await role('outer', {}, collecting('in-outer'));
  await role('inner', { 'in-outer': 'true' }, collecting('in-inner'));
  await role('leaf', { 'in-inner': 'true' }, { rules: [rule('leaves')] });
  await expect(rulesOf('outer', ['leaves'])).resolves.toBe(true);
});

test('rules that are written by hand into a collection do not stay', async () => {
  await role('strict', {}, collecting('nobody'));
  await client.patch(resources.clusterRoles, { name: 'strict' }, { type: 'merge', body: { rules: [rule('all')] } });
  await expect(rulesOf('strict', [])).resolves.toBe(true);
});
