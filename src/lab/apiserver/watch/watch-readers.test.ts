import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Agent, request, type Dispatcher } from 'undici';
import { parseKubeconfig } from '../../../kube/index.ts';
import { MemoryStore } from '../../etcd/index.ts';
import { startApiServer, type ApiServer } from '../index.ts';
import { encodeObject } from '../stored-object.ts';

/** More, together, than may pile up for one reader: 40 MB. */
const COUNT = 40;
const PATH = '/api/v1/namespaces/large/configmaps';

let store: MemoryStore;
let server: ApiServer;
let agent: Agent;
let credentials: { ca: string | undefined; cert: string | undefined; key: string | undefined };

beforeEach(async () => {
  store = new MemoryStore();
  server = await startApiServer({ store });
  const access = await parseKubeconfig(await server.adminKubeconfig(), { source: 'kubeconfig' });
  credentials = { ca: access.caPem, cert: access.clientCertificatePem, key: access.clientKeyPem };
  agent = new Agent({ connect: credentials });
});
afterEach(async () => {
  await agent.destroy();
  await server.close();
  await store.close();
});

function get(path: string): Promise<Dispatcher.ResponseData> {
  return request(`${server.url}${path}`, { dispatcher: agent });
}

/** A change of a megabyte, as from another API server of the same store. */
async function change(index: number): Promise<void> {
  const metadata = { name: `part-${String(index)}`, namespace: 'large', uid: String(index) };
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { text: 'x'.repeat(1024 * 1024) } };
  const key = Buffer.from(`/registry/configmaps/large/${metadata.name}`);
  await store.put({ key, value: encodeObject(object) });
}

/** Reads on until one more event is whole; false when the watch has ended before. */
async function nextEvent(reader: AsyncIterator<Buffer>): Promise<boolean> {
  for (;;) {
    const { done, value } = (await reader.next()) as IteratorResult<Buffer, undefined>;
    if (done === true) return false;
    // A line end comes last in its chunk here: nothing is written before the former event was read.
    if (value.at(-1) === 0x0a) return true;
  }
}

/** Makes all changes, each when the watch has brought the one before. */
async function changeAlong({ body }: Dispatcher.ResponseData): Promise<void> {
  const reader = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  for (let i = 0; i < COUNT; i++) {
    await change(i);
    expect(await nextEvent(reader)).toBe(true);
  }
}

async function versionNow(): Promise<string> {
  const { metadata } = (await (await get(PATH)).body.json()) as { metadata: { resourceVersion: string } };
  return metadata.resourceVersion;
}

/** A watch over a plain socket, of which nothing is read after its head. */
async function stalledWatch(): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port: server.port, ...credentials });
  await once(socket, 'secureConnect');
  socket.write(`GET ${PATH}?watch=1&resourceVersion=${await versionNow()} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  const [head] = (await once(socket, 'data')) as [Buffer];
  expect(head.toString()).toContain('200 OK');
  socket.pause();
  return socket;
}

describe('a watch', () => {
  it('is cut off when its client does not read, while others get everything', async () => {
    const stalled = await stalledWatch();
    await changeAlong(await get(`${PATH}?watch=1&resourceVersion=${await versionNow()}`));
    let taken = 0;
    stalled.on('data', (chunk: Buffer) => (taken += chunk.length)).on('error', () => undefined);
    stalled.resume();
    await once(stalled, 'close');
    expect(taken).toBeLessThan(COUNT * 1024 * 1024);
  });

  it('brings more than may pile up to a client that comes back to an old version, as fast as it reads', async () => {
    const version = await versionNow();
    await changeAlong(await get(`${PATH}?watch=1&resourceVersion=${version}`));
    const { body } = await get(`${PATH}?watch=1&resourceVersion=${version}`);
    let events = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      for (const byte of chunk) if (byte === 0x0a) events++;
      if (events === COUNT) break;
    }
    expect(events).toBe(COUNT);
  });

  it('ends in an orderly way when the server closes, with what it has still to say', async () => {
    const watches = await Promise.all(Array.from({ length: 3 }, () => get(`${PATH}?watch=1`)));
    // More than the sockets hold, so that some of it is still to be sent.
    for (let i = 0; i < 8; i++) await change(i);
    const closed = server.close();
    for (const lines of await Promise.all(watches.map(({ body }) => text(body))))
      expect(lines.match(/^\{"type":"ADDED".*\}\}$/gm)).toHaveLength(8);
    await closed;
  });
});
