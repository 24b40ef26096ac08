import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '../base/index.ts';
import { startApiServer, type ApiServer } from '../lab/apiserver/index.ts';
import { MemoryStore } from '../lab/etcd/index.ts';
import { HttpKubeClient } from './http-client.ts';
import { follow } from './informer.ts';
import type { KubeObject } from './object.ts';
import { resources } from './resource.ts';
import { watchUntil } from './watch-until.ts';

let server: ApiServer;
let store: MemoryStore;
let client: HttpKubeClient;
beforeAll(async () => {
  store = new MemoryStore();
  server = await startApiServer({ store });
  client = await HttpKubeClient.fromText(await server.adminKubeconfig());
});
afterAll(async () => {
  await client.close();
  await server.close();
});

const configMap = (name: string, data: Record<string, string> = { a: '1' }): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
});

describe('the client against an API server', () => {
  it('creates, finds, patches, replaces and deletes', async () => {
    const created = await client.create(resources.configMaps, configMap('crud'));
    expect(created.metadata.uid).toBeDefined();
    const ref = { name: 'crud', namespace: 'default' };
    await client.patch(resources.configMaps, ref, { type: 'merge', body: { data: { b: '2' } } });
    const patched = await client.get(resources.configMaps, ref);
    expect(patched['data']).toEqual({ a: '1', b: '2' });
    await expect(client.replace(resources.configMaps, created)).rejects.toMatchObject({ reason: 'Conflict' });
    await client.delete(resources.configMaps, ref);
    expect(await client.find(resources.configMaps, ref)).toBeUndefined();
  });

  it('applies server-side, by dry run without a trace', async () => {
    await client.apply(resources.configMaps, configMap('dry'), { dryRun: true });
    expect(await client.find(resources.configMaps, { name: 'dry', namespace: 'default' })).toBeUndefined();
    await client.apply(resources.configMaps, configMap('dry'));
    const live = await client.apply(resources.configMaps, configMap('dry', { b: '2' }));
    expect(live['data']).toEqual({ b: '2' });
  });

  it('lists more than a page', async () => {
    for (let i = 0; i < 510; i++)
      await client.create(resources.configMaps, {
        ...configMap(`page-${String(i)}`),
        metadata: { name: `page-${String(i)}`, namespace: 'kube-public' },
      });
    const { items } = await client.list(resources.configMaps, { namespace: 'kube-public' });
    expect(items).toHaveLength(510);
    expect(items[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
  });

  it('resolves a kind by discovery and names one that is not served', async () => {
    expect(await client.resolve('apps/v1', 'ControllerRevision')).toMatchObject({
      plural: 'controllerrevisions',
      namespaced: true,
    });
    await expect(client.resolve('nowhere.io/v1', 'Thing')).rejects.toMatchObject({ code: 'KUBE_KIND_UNKNOWN' });
  });

  it('waits by watching until the world is as asked', async () => {
    const controller = new AbortController();
    const wait = watchUntil<KubeObject, string>(
      client,
      resources.configMaps,
      { namespace: 'default', signal: controller.signal },
      (configMaps) => (configMaps.has('default/awaited') ? 'seen' : undefined),
    );
    await client.create(resources.configMaps, configMap('awaited'));
    expect(await wait).toBe('seen');
  });

  it('ends a wait with CANCELLED when its signal aborts', async () => {
    const controller = new AbortController();
    const wait = watchUntil(client, resources.configMaps, { signal: controller.signal }, () => undefined);
    setImmediate(() => controller.abort());
    await expect(wait).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('tells of deletions that happened while the server was away', async () => {
    await client.create(resources.configMaps, configMap('doomed'));
    const controller = new AbortController();
    const seen: string[] = [];
    const second = await startApiServer({ store, certificates: server.certificates });
    const other = await HttpKubeClient.fromText(await second.adminKubeconfig());
    let third: ApiServer | undefined;
    const following = (async () => {
      for await (const event of follow(other, resources.configMaps, {
        namespace: 'default',
        signal: controller.signal,
      })) {
        if (event.type === 'synced') {
          await second.close();
          await client.delete(resources.configMaps, { name: 'doomed', namespace: 'default' });
          third = await startApiServer({ store, certificates: server.certificates, port: second.port });
        } else if (event.type === 'deleted') {
          seen.push(event.object.metadata.name ?? '');
          controller.abort();
        }
      }
    })();
    await following;
    expect(seen).toEqual(['doomed']);
    await other.close();
    await third?.close();
  });
});

describe('the client against a server in trouble', () => {
  let faulty: Server | undefined;
  afterEach(() => faulty?.closeAllConnections());

  async function answers(...statuses: number[]): Promise<{ url: string; requests: string[] }> {
    const requests: string[] = [];
    faulty = createServer((request, response) => {
      requests.push(request.method ?? '');
      const status = statuses.shift() ?? 200;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify(
          status === 200
            ? { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }
            : {
                kind: 'Status',
                code: status,
                reason: 'InternalError',
                message: 'boom',
                details: status === 429 ? { retryAfterSeconds: 1 } : undefined,
              },
        ),
      );
    });
    await new Promise<void>((resolve) => faulty?.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${String((faulty.address() as AddressInfo).port)}`, requests };
  }
  const clock = new ManualClock();
  const connect = (server: string): HttpKubeClient =>
    new HttpKubeClient({ server, insecureSkipTlsVerify: false }, { clock });

  it('repeats a read that met a server error', async () => {
    const { url, requests } = await answers(500, 503);
    const troubled = connect(url);
    const reading = troubled.get(resources.configMaps, { name: 'x', namespace: 'y' });
    while (requests.length < 3) {
      await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(2000);
    }
    await reading;
    await troubled.close();
  });

  it('does not repeat a write that met a server error, for it may have happened', async () => {
    const { url, requests } = await answers(500, 500);
    const troubled = connect(url);
    await expect(troubled.create(resources.configMaps, configMap('x'))).rejects.toMatchObject({ code: 'KUBE_API' });
    expect(requests).toEqual(['POST']);
    await troubled.close();
  });

  it('says where nothing answers', async () => {
    const troubled = connect('http://127.0.0.1:1');
    await expect(troubled.create(resources.configMaps, configMap('x'))).rejects.toMatchObject({
      code: 'KUBE_UNREACHABLE',
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
    await troubled.close();
  });
});
