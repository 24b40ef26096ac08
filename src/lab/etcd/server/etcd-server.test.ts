import { describe, expect, it } from 'vitest';
import { connectEtcd, type EtcdClient } from '../../../etcd/index.ts';
import { describeKeyValueStore } from '../../../etcd/key-value-store.contract.ts';
import { loadCodecs } from '../../../etcd/wire/codec.ts';
import type { Int64, WireWatchResponse } from '../../../etcd/wire/messages.ts';
import { methods } from '../../../etcd/wire/methods.ts';
import { LabNetwork, startLabProxy } from '../../network/index.ts';
import { CertificateAuthority } from '../../pki/index.ts';
import { MemoryStore } from '../memory-store.ts';
import { startEtcdServer } from './etcd-server.ts';

// Without TLS, etcdctl and the random requests speak to it.
describeKeyValueStore("the client of the lab's etcd server over TLS", async () => {
  const authority = await CertificateAuthority.create('etcd-ca');
  const member = await authority.issue({ commonName: 'member', ipAddresses: ['127.0.0.1'] });
  const user = await authority.issue({ commonName: 'user', usages: ['client'] });
  const server = await startEtcdServer({
    store: new MemoryStore(),
    tls: { certificate: member.certificatePem, key: member.keyPem, clientCa: authority.certificatePem },
  });
  const store = await connectEtcd({
    endpoints: [server.url],
    tls: { ca: authority.certificatePem, certificate: user.certificatePem, key: user.keyPem },
  });
  return {
    store,
    close: async () => {
      await store.close();
      await server.close();
    },
  };
});

describe("the lab's etcd server with TLS", () => {
  it('takes clients whose certificate its authority signed, checks their name for the server, and refuses others', async () => {
    const authority = await CertificateAuthority.create('etcd-ca');
    const member = await authority.issue({
      commonName: 'member',
      dnsNames: ['etcd.example.com'],
      ipAddresses: ['127.0.0.1'],
    });
    const client = await authority.issue({ commonName: 'client', usages: ['client'] });
    const server = await startEtcdServer({
      store: new MemoryStore(),
      tls: { certificate: member.certificatePem, key: member.keyPem, clientCa: authority.certificatePem },
    });
    const tls = { ca: authority.certificatePem, certificate: client.certificatePem, key: client.keyPem };
    const connect = (options: object): Promise<EtcdClient> =>
      connectEtcd({ endpoints: [server.url], timeoutMs: 800, tls: { ...tls, ...options } });
    for (const serverName of [undefined, 'etcd.example.com']) {
      const store = await connect({ serverName });
      expect((await store.put({ key: Buffer.from('a'), value: Buffer.from('1') })).revision).toBeGreaterThan(1);
      await store.close();
    }
    await expect(connect({ serverName: 'other.example.com' })).rejects.toMatchObject({
      code: 'ETCD_UNREACHABLE',
      message: expect.stringContaining('does not match certificate') as string,
    });
    const stranger = await (await CertificateAuthority.create('other')).issue({ commonName: 'x', usages: ['client'] });
    const refused = async (): Promise<unknown> => {
      const store = await connect({ certificate: stranger.certificatePem, key: stranger.keyPem });
      return store.range({ key: Buffer.from('a') }).finally(() => store.close());
    };
    await expect(refused()).rejects.toMatchObject({ code: 'ETCD_UNREACHABLE' });
    await server.close();
  });

  it('is reached through an HTTP proxy under its own name', async () => {
    const authority = await CertificateAuthority.create('etcd-ca');
    const member = await authority.issue({ commonName: 'member', ipAddresses: ['192.0.2.7'] });
    const client = await authority.issue({ commonName: 'client', usages: ['client'] });
    const store = new MemoryStore();
    const server = await startEtcdServer({
      store,
      tls: { certificate: member.certificatePem, key: member.keyPem, clientCa: authority.certificatePem },
    });
    const network = new LabNetwork();
    network.bind({ host: '192.0.2.7', port: 2379 }, server.port);
    const proxy = await startLabProxy({ network });
    const connect = (host: string): Promise<EtcdClient> =>
      connectEtcd({
        endpoints: [`https://${host}:2379`],
        proxyUrl: proxy.url,
        timeoutMs: 800,
        tls: { ca: authority.certificatePem, certificate: client.certificatePem, key: client.keyPem },
      });
    const remote = await connect('192.0.2.7');
    await remote.put({ key: Buffer.from('far'), value: Buffer.from('1') });
    expect((await store.range({ key: Buffer.from('far') })).count).toBe(1);
    await remote.close();
    await expect(connect('192.0.2.8')).rejects.toMatchObject({ code: 'ETCD_UNREACHABLE' });
    await proxy.close();
    await server.close();
  });
});

describe("the lab's etcd server", () => {
  it('tells a client that asked for it, at regular times, how far its watch is', async () => {
    const store = new MemoryStore({ progressIntervalMs: 20 });
    const server = await startEtcdServer({ store });
    const client = await connectEtcd({ endpoints: [server.url] });
    const { signal } = new AbortController();
    for await (const batch of client.watch({ key: Buffer.from('quiet'), progressNotify: true, signal })) {
      expect(batch).toEqual({ events: [], revision: 1, progress: true });
      break;
    }
    await client.close();
    await server.close();
    await store.close();
  });

  it('cuts what a watch is sent into fragments of a size that clients take', async () => {
    const store = new MemoryStore();
    const value = Buffer.alloc(1024 * 1024, 0x61);
    for (let i = 0; i < 5; i++) await store.put({ key: Buffer.from(`/large/${String(i)}`), value });
    const server = await startEtcdServer({ store });
    const [{ Client, credentials }, codecs] = await Promise.all([import('@grpc/grpc-js'), loadCodecs()]);
    // What etcd's own clients ask for by default: no answer of more than four MiB.
    const client = new Client(`127.0.0.1:${String(server.port)}`, credentials.createInsecure());
    const { path, request, response } = methods.watch;
    const stream = client.makeBidiStreamRequest(path, codecs(request).encode, codecs(response).decode);
    stream.on('error', () => undefined);
    const create = { key: Buffer.from('/large/'), rangeEnd: Buffer.from('/large0'), startRevision: 2, fragment: true };
    stream.write({ createRequest: create });
    const seen: [number, boolean][] = [];
    for await (const { events, fragment } of stream as AsyncIterable<WireWatchResponse<Int64>>) {
      if (events.length > 0) seen.push([events.length, fragment === true]);
      if (events.length > 0 && fragment !== true) break;
    }
    expect(seen).toEqual([
      [1, true],
      [1, true],
      [1, true],
      [1, true],
      [1, false],
    ]);
    client.close();
    await server.close();
  });

  it('refuses to watch an empty range, and an id that is taken, and goes on serving the stream', async () => {
    const server = await startEtcdServer({ store: new MemoryStore() });
    const [{ Client, credentials }, codecs] = await Promise.all([import('@grpc/grpc-js'), loadCodecs()]);
    const client = new Client(`127.0.0.1:${String(server.port)}`, credentials.createInsecure());
    const { path, request, response } = methods.watch;
    const stream = client.makeBidiStreamRequest(path, codecs(request).encode, codecs(response).decode);
    stream.on('error', () => undefined);
    const key = Buffer.from('b');
    for (const createRequest of [
      { key, rangeEnd: Buffer.from('a') },
      { key, watchId: 7 },
      { key, watchId: 7 },
      { key },
    ])
      stream.write({ createRequest });
    stream.write({ cancelRequest: { watchId: 7 } });
    stream.write({ cancelRequest: { watchId: 99 } });
    stream.write({ progressRequest: {} });
    const seen: string[] = [];
    for await (const message of stream as AsyncIterable<WireWatchResponse<Int64>>) {
      const { watchId, created, canceled, cancelReason } = message;
      seen.push(
        [watchId.toString(), created && 'created', canceled && 'canceled', cancelReason].filter(Boolean).join(),
      );
      if (seen.length === 6) break;
    }
    expect(seen).toEqual([
      '-1,created,canceled,mvcc: watcher range is empty',
      '7,created',
      '-1,created,canceled,mvcc: duplicate watch ID provided on the WatchStream',
      '0,created',
      '7,canceled',
      '-1',
    ]);
    client.close();
    await server.close();
  });
});
