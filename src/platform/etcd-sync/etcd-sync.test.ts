import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { make } from '../../../test/rigs/import/sides.ts';
import { makeCluster, makeSecret, SyncPair } from '../../../test/rigs/etcd-sync/pair.ts';
import { prefixRange } from '../../etcd/index.ts';
import {
  KubeApiError,
  PLATFORM_NAMESPACE,
  resources,
  watchUntil,
  type KubeClient,
  type Resource,
} from '../../kube/index.ts';
import type { CheckBody } from './monitor.ts';

const namespace = PLATFORM_NAMESPACE;
const machineSets = '/registry/cluster.x-k8s.io/machinesets/cpaas-system/';
const UNREADABLE = {
  ...({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' } as const),
  ...{ message: 'no matching key was found for the provided AES transformer', reason: 'InternalError', code: 500 },
};
let pair: SyncPair;
beforeEach(async () => {
  pair = await SyncPair.start();
});
afterEach(async () => {
  await pair[Symbol.asyncDispose]();
});

/** Waits until the standby shows an object. */
async function arrived(name: string, resource: Resource = resources.clusters): Promise<void> {
  const { client } = pair.standby;
  const signal = AbortSignal.timeout(20_000);
  await watchUntil(client, resource, { namespace, signal }, (store) => store.has(`${namespace}/${name}`) || undefined);
}

async function check(url: string): Promise<CheckBody> {
  const response = await fetch(`${url}/check`, { headers: { accept: 'application/json' } });
  expect(response.status).toBe(200);
  return (await response.json()) as CheckBody;
}

async function metric(url: string, name: string): Promise<string | undefined> {
  const page = await (await fetch(`${url}/metrics`)).text();
  return new RegExp(`^etcd_sync_${name} (.*)$`, 'm').exec(page)?.[1];
}

async function standbySecrets(): Promise<string[]> {
  const { items } = await pair.standby.client.list(resources.secrets, { namespace });
  return items.map(({ metadata }) => metadata.name ?? '').filter((name) => !name.startsWith('remote-etcd-'));
}

describe('the synchronizer', () => {
  it('brings workload clusters with their Secrets to the standby, and nothing that is a side’s own', async () => {
    const { primary, standby } = pair;
    await makeCluster(primary.client, 'global');
    await makeCluster(standby.client, 'global');
    await makeCluster(primary.client, 'shop');
    for (const name of ['shop-credentials', 'shop-ca', 'global-ca', 'global-credentials', 'unrelated'])
      await makeSecret(primary.client, name, { from: 'primary' });
    await makeSecret(standby.client, 'global-ca', { from: 'standby' });
    const before = await standby.client.get(resources.clusters, { name: 'global', namespace });

    const { url } = await pair.sync();
    await arrived('shop');
    await arrived('shop-ca', resources.secrets);
    await makeCluster(primary.client, 'store');
    await makeSecret(primary.client, 'store-kubeconfig', { from: 'primary' });
    await arrived('store-kubeconfig', resources.secrets);

    expect(await check(url)).toMatchObject({
      ...{ consistent: true, missed: [], surplus: [], unlike: [], keys: 11 },
      secrets: { state: 'proven' },
    });
    expect(await standbySecrets()).toEqual(['global-ca', 'shop-ca', 'shop-credentials', 'store-kubeconfig']);
    const sets = (await standby.client.list(resources.machineSets, { namespace })).items;
    expect(sets.map(({ metadata }) => metadata.name)).toEqual(['md-of-global', 'shop-ms', 'store-ms']);
    expect(await standby.client.get(resources.clusters, { name: 'global', namespace })).toEqual(before);
    expect(await standby.client.get(resources.configMaps, { name: 'etcd-sync-gate', namespace })).toMatchObject({
      data: { role: 'standby', since: expect.any(String) as string },
    });
    const log = pair.log.lines.join('\n');
    expect(log).toMatch(/Acquired leader lease[\s\S]*Start Sync update/);
    expect(log).not.toContain('token-of-k8sadmin');
  });

  it('takes the Secrets of a cluster away with the cluster', async () => {
    const { primary, standby } = pair;
    await makeCluster(primary.client, 'shop');
    await makeSecret(primary.client, 'shop-ca', { from: 'primary' });
    const { url } = await pair.sync();
    await arrived('shop-ca', resources.secrets);
    for (const resource of [resources.clusters, resources.hcsClusters])
      await primary.client.delete(resource, { name: 'shop', namespace });
    // Nobody collects garbage here: the Secret stays in the primary, but belongs to no cluster any more.
    await watchUntil(standby.client, resources.secrets, { namespace, signal: AbortSignal.timeout(20_000) }, (store) =>
      store.has(`${namespace}/shop-ca`) ? undefined : true,
    );
    expect(await check(url)).toMatchObject({ consistent: true });
  });

  it('says which keys are missed and surplus; another leader puts the missed ones right', async () => {
    await makeCluster(pair.primary.client, 'shop');
    const first = await pair.sync();
    await pair.log.until(/check of 4 keys: missed keys 0, surplus keys 0/);
    await pair.standby.store.deleteRange(prefixRange(`${machineSets}shop-ms`));
    const spec = {
      clusterName: 'x',
      selector: {},
      template: { spec: { clusterName: 'x', bootstrap: {}, infrastructureRef: {} } },
    };
    await make(pair.standby.client, resources.machineSets, { name: 'stray', spec });
    const [missed, surplus] = [`${machineSets}shop-ms`, `${machineSets}stray`];
    expect(await check(first.url)).toMatchObject({ consistent: false, missed: [missed], surplus: [surplus] });
    const text = await (await fetch(`${first.url}/check`)).text();
    expect(text).toContain(`LOCAL ETCD missed keys: 1\n  ${missed}\nLOCAL ETCD surplus keys: 1\n  ${surplus}\n`);
    expect(await metric(first.url, 'missed_keys')).toBe('1');
    expect(await metric(first.url, 'lag_revisions')).toBe('0');
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
    expect((await fetch(`${first.url}/check`, { method: 'POST' })).status).toBe(405);

    const second = await pair.sync();
    expect(await metric(second.url, 'leader')).toBe('0');
    // A replica that stands by answers as well.
    expect(await check(second.url)).toMatchObject({ missed: [missed] });
    await first.close();
    await pair.log.until(/1 keys were put right/);
    expect(await check(second.url)).toMatchObject({ missed: [], surplus: [surplus] });
    expect(await metric(second.url, 'leader')).toBe('1');
  });

  it('begins anew when its gate was removed, and deletes nothing that came while the side was active', async () => {
    await makeCluster(pair.primary.client, 'shop');
    const first = await pair.sync();
    await arrived('shop-ms', resources.machineSets);
    await first.close();
    const { client } = pair.standby;
    await client.delete(resources.configMaps, { name: 'etcd-sync-gate', namespace });
    await makeCluster(client, 'store');
    const from = pair.log.lines.length;
    const second = await pair.sync();
    await pair.log.until(/Start Sync update/, from);
    expect(pair.log.lines.slice(from).join('\n')).toContain('for the first time');
    const { missed, surplus } = await check(second.url);
    expect([missed, surplus.length]).toEqual([[], 4]);
    expect(await client.find(resources.configMaps, { name: 'etcd-sync-gate', namespace })).toBeDefined();
  });

  it('writes nothing to the primary, and says what it knows when that is gone', async () => {
    await makeCluster(pair.primary.client, 'shop');
    const revisionOf = async (): Promise<number> =>
      (await pair.primary.store.range({ key: Buffer.from('/'), countOnly: true })).revision;
    const before = await revisionOf();
    const { url } = await pair.sync();
    await pair.log.until(/check of 4 keys: missed keys 0, surplus keys 0/);
    expect(await revisionOf()).toBe(before);
    await pair.loseEtcd();
    const answer = await fetch(`${url}/check`, { headers: { accept: 'application/json' } });
    const body = await answer.text();
    expect(answer.status, body).toBe(503);
    expect(JSON.parse(body)).toMatchObject({
      code: 'ETCD_UNREACHABLE',
      synced: { revision: before, time: expect.any(String) as string },
      lastCheck: { consistent: true, keys: 4 },
    });
    expect(await (await fetch(`${url}/check`)).text()).toContain(`synced up to revision ${String(before)} at `);
  });

  it('issues another certificate when the standby keeps one for another primary', async () => {
    const first = await pair.sync();
    await pair.log.until(/Start Sync update/);
    expect(pair.log.lines.join('\n')).toMatch(/client certificate .* was issued/);
    expect(Number(await metric(first.url, 'certificate_expiry_seconds'))).toBeGreaterThan(300 * 86_400);
    await first.close();
    const from = pair.log.lines.length;
    const again = await pair.sync();
    await pair.log.until(/Start Sync update/, from);
    await again.close();
    expect(pair.log.lines.slice(from).join('\n')).not.toContain('was issued');
    const ref = { name: 'remote-etcd-client', namespace };
    const metadata = { annotations: { 'etcd-sync.cpaas.io/primary': '192.0.2.1' } };
    await pair.standby.client.patch(resources.secrets, ref, { type: 'merge', body: { metadata } });
    await pair.sync();
    await pair.log.until(/client certificate .* was issued/, from);
  });
});

describe('Secrets', () => {
  const key = Buffer.from('/registry/secrets/cpaas-system/shop-ca');

  it('are held back when the sides write them in different forms', async () => {
    await makeCluster(pair.primary.client, 'shop');
    await pair.primary.store.put({ key, value: Buffer.from('k8s:enc:aescbc:v1:key1:\x01\x02') });
    const { url } = await pair.sync();
    await pair.log.until(/Start Sync update/);
    expect(await check(url)).toMatchObject({
      consistent: true,
      secrets: {
        state: 'held',
        reason: 'the primary writes Secrets encrypted with aescbc, key key1, the standby not encrypted',
      },
    });
    expect(await metric(url, 'secrets_held')).toBe('1');
    expect(await standbySecrets()).toEqual([]);
  });

  it('are held back when the standby cannot read one, and that one is taken away again', async () => {
    await makeCluster(pair.primary.client, 'shop');
    await makeSecret(pair.primary.client, 'shop-ca', { from: 'primary' });
    const { client: standby } = pair.standby;
    // As an API server with another key of the same name.
    const client = new Proxy(standby, {
      get: (_, name) => {
        const member = Reflect.get(standby, name) as unknown;
        if (name === 'find')
          return (...call: Parameters<KubeClient['find']>) =>
            call[1].name === 'shop-ca' ? Promise.reject(new KubeApiError(UNREADABLE, 'GET')) : standby.find(...call);
        return typeof member === 'function' ? (member.bind(standby) as unknown) : member;
      },
    });
    const { url } = await pair.sync({ client });
    await pair.log.until(/Start Sync update/);
    expect(await (await fetch(`${url}/check`)).text()).toMatch(/Secrets are held back: Secret shop-ca of the primary/);
    expect((await pair.standby.store.range({ key })).kvs).toEqual([]);
  });
});
