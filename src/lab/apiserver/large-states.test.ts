import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Agent, request, type Dispatcher } from 'undici';
import { parseKubeconfig } from '../../kube/index.ts';
import { MemoryStore } from '../etcd/index.ts';
import { startApiServer, type ApiServer } from './index.ts';
import { encodeObject } from './stored-object.ts';

/** More, together, than may pile up for a reader that does not read: 48 MB. */
const COUNT = 48;
const PATH = '/api/v1/namespaces/large/configmaps';

let store: MemoryStore;
let server: ApiServer;
let agent: Agent;

beforeAll(async () => {
  store = new MemoryStore();
  for (let i = 0; i < COUNT; i++) {
    const name = `part-${String(i)}`;
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'large', uid: name },
      data: { text: 'x'.repeat(1024 * 1024) },
    };
    await store.put({ key: Buffer.from(`/registry/configmaps/large/${name}`), value: encodeObject(object) });
  }
  server = await startApiServer({ store });
  const access = await parseKubeconfig(await server.adminKubeconfig(), { source: 'kubeconfig' });
  agent = new Agent({ connect: { ca: access.caPem, cert: access.clientCertificatePem, key: access.clientKeyPem } });
});
afterAll(async () => {
  await agent.destroy();
  await server.close();
  await store.close();
});

function get(path: string, headers: Record<string, string> = {}): Promise<Dispatcher.ResponseData> {
  return request(`${server.url}${path}`, { dispatcher: agent, headers });
}

interface List {
  readonly kind: string;
  readonly items: { readonly metadata: { readonly name: string }; readonly data: { readonly text: string } }[];
}

describe('a state of many megabytes', () => {
  it('is listed whole', async () => {
    const list = (await (await get(PATH)).body.json()) as List;
    expect(list.kind).toBe('ConfigMapList');
    expect(list.items.map((item) => item.data.text.length)).toEqual(Array.from({ length: COUNT }, () => 1024 * 1024));
  });

  it('is compressed for clients that say that they can read it, from 128 KiB on', async () => {
    const compressed = await get(PATH, { 'accept-encoding': 'gzip' });
    expect(compressed.headers['content-encoding']).toBe('gzip');
    const list = JSON.parse(gunzipSync(await compressed.body.bytes()).toString()) as List;
    expect(new Set(list.items.map((item) => item.metadata.name)).size).toBe(COUNT);
    const one = await get(`${PATH}/part-1`, { 'accept-encoding': 'gzip' });
    expect(one.headers['content-encoding']).toBe('gzip');
    expect(JSON.parse(gunzipSync(await one.body.bytes()).toString())).toMatchObject({ metadata: { name: 'part-1' } });
    const small = await get('/api/v1/namespaces/large/secrets', { 'accept-encoding': 'gzip' });
    expect(small.headers['content-encoding']).toBeUndefined();
    await small.body.dump();
  });

  it('comes to a watch whole, also to a reader that takes its time', async () => {
    const { body } = await get(`${PATH}?watch=1&timeoutSeconds=30`);
    const reader = body[Symbol.asyncIterator]();
    await reader.next();
    // Nothing more is read while others are served.
    const list = (await (await get(`${PATH}?limit=1`)).body.json()) as List;
    expect(list.items).toHaveLength(1);
    let lines = 0;
    while (lines < COUNT) {
      const { done, value } = (await reader.next()) as IteratorResult<Buffer, undefined>;
      if (done === true) break;
      for (const byte of value) if (byte === 0x0a) lines++;
    }
    expect(lines).toBe(COUNT);
    body.on('error', () => undefined).destroy();
  });
});
