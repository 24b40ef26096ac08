import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEtcd, NamespacedStore, type EtcdClient, type KeyValueStore } from '../../../etcd/index.ts';
import { programOnPath, startEtcdProcess } from '../../../etcd/debian-etcd.fixture.ts';
import { describeKeyValueStore } from '../../../etcd/key-value-store.contract.ts';
import { LabNetwork, startLabProxy } from '../../network/index.ts';
import { CertificateAuthority } from '../../pki/index.ts';
import { MemoryStore } from '../memory-store.ts';
import { startEtcdServer, type EtcdServer } from './etcd-server.ts';

describeKeyValueStore("the client of the lab's etcd server", async () => {
  const server = await startEtcdServer({ store: new MemoryStore() });
  const store = await connectEtcd({ endpoints: [server.url] });
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

const etcdctl = programOnPath('etcdctl');
const etcd = programOnPath('etcd');

interface OpenStore {
  readonly store: KeyValueStore;
  readonly close: () => Promise<unknown>;
}

const stores: [string, () => Promise<OpenStore>][] = [
  [
    'over the in-memory store',
    () => {
      const store = new MemoryStore();
      return Promise.resolve({ store, close: () => store.close() });
    },
  ],
];
if (etcd !== undefined)
  stores.push([
    'over a namespace of a real etcd',
    async () => {
      const process = await startEtcdProcess(etcd);
      const client = await connectEtcd({ endpoints: [process.endpoint] });
      return {
        store: new NamespacedStore(client, '/space:'),
        close: async () => {
          await client.close();
          await process.stop();
        },
      };
    },
  ]);

describe.skipIf(etcdctl === undefined).each(stores)(
  `the lab's etcd server %s and ${etcdctl === undefined ? 'etcdctl: skipped, not on PATH (Debian: etcd-client)' : "Debian's etcdctl"}`,
  (_, open) => {
    let server: EtcdServer;
    let opened: OpenStore;
    // Without a scheme: with one, etcdctl 3.4 asks for the status under an authority that is no host and port.
    const endpoint = (): string => `--endpoints=127.0.0.1:${String(server.port)}`;
    const env = { ...process.env, ETCDCTL_API: '3' };
    const run = async (...args: string[]): Promise<string> =>
      (await promisify(execFile)(etcdctl ?? '', [endpoint(), ...args], { env })).stdout.trimEnd();
    const feed = async (input: string, ...args: string[]): Promise<string> => {
      const child = spawn(etcdctl ?? '', [endpoint(), ...args], {
        env,
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      child.stdin.end(input);
      let output = '';
      for await (const data of child.stdout) output += String(data);
      return output.trimEnd();
    };

    beforeAll(async () => {
      opened = await open();
      server = await startEtcdServer({ store: opened.store });
    });
    afterAll(async () => {
      await server.close();
      await opened.close();
    });

    it('puts, gets in any order and deletes', async () => {
      expect(await run('put', '/ctl/a', '1')).toBe('OK');
      await run('put', '/ctl/b', '2');
      await run('put', '/ctl/a', '3');
      expect(await run('get', '--prefix', '/ctl/')).toBe('/ctl/a\n3\n/ctl/b\n2');
      expect(await run('get', '--prefix', '/ctl/', '--sort-by=MODIFY', '--order=ASCEND', '--keys-only')).toBe(
        '/ctl/b\n\n/ctl/a',
      );
      expect(await run('get', '--prefix', '/ctl/', '--order=DESCEND', '--limit=1')).toBe('/ctl/b\n2');
      expect(await run('get', '/ctl/a', '--rev=2')).toBe('/ctl/a\n1');
      expect(await run('del', '--prefix', '/ctl/', '--prev-kv')).toBe('2\n/ctl/a\n3\n/ctl/b\n2');
    });

    it('runs transactions', async () => {
      const txn = 'version("/txn/a") = "0"\n\nput /txn/a "made"\n\nput /txn/a "there"\n\n';
      expect(await feed(txn, 'txn')).toBe('SUCCESS\n\nOK');
      expect(await feed(txn, 'txn')).toBe('FAILURE\n\nOK');
      expect(await run('get', '/txn/a', '--print-value-only')).toBe('there');
    });

    it('is watched from a past revision with the values before', async () => {
      const { revision } = await opened.store.put({ key: Buffer.from('/watched'), value: Buffer.from('1') });
      const child = spawn(etcdctl ?? '', [endpoint(), 'watch', '/watched', `--rev=${String(revision)}`, '--prev-kv'], {
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const lines: string[] = [];
      for await (const line of createInterface({ input: child.stdout })) {
        lines.push(line);
        if (lines.length === 3) await run('put', '/watched', '2');
        if (lines.length === 8) break;
      }
      child.kill();
      expect(lines).toEqual(['PUT', '/watched', '1', 'PUT', '/watched', '1', '/watched', '2']);
    });

    it('grants, keeps and revokes leases', async () => {
      const granted = /lease (\w+) granted with TTL\(30s\)/.exec(await run('lease', 'grant', '30'));
      const id = granted?.[1] ?? 'none';
      await run('put', '--lease', id, '/leased', 'x');
      expect(await run('lease', 'timetolive', id, '--keys')).toContain('attached keys([/leased])');
      expect(await run('lease', 'keep-alive', '--once', id)).toContain('keepalived with TTL(30)');
      expect(await run('lease', 'revoke', id)).toContain('revoked');
      expect(await run('get', '/leased')).toBe('');
      expect(await run('lease', 'timetolive', id)).toContain('already expired');
    });

    it('compacts, and answers about its health, its members and its status', async () => {
      await run('compact', String((await opened.store.range({ key: Buffer.from('/') })).revision));
      await expect(run('get', '/ctl/a', '--rev=2')).rejects.toThrow('required revision has been compacted');
      expect(await run('member', 'list')).toContain(`lab, , ${server.url}`);
      expect(await run('endpoint', 'status')).toContain('3.5.21');
      await run('endpoint', 'health');
    });
  },
);
