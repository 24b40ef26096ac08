import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { connectEtcd } from './client.ts';
import { programOnPath, startEtcdProcess } from './debian-etcd.fixture.ts';
import { describeKeyValueStore } from './key-value-store.contract.ts';

const etcd = programOnPath('etcd');

if (etcd === undefined) {
  it.skip('the client against a real etcd: skipped, no etcd on PATH (Debian: apt-get install etcd-server)', () =>
    undefined);
} else {
  describeKeyValueStore('the client of a real etcd', async () => {
    const server = await startEtcdProcess(etcd);
    const store = await connectEtcd({ endpoints: [server.endpoint] });
    return {
      store,
      close: async () => {
        await store.close();
        await server.stop();
      },
    };
  });

  describe('the client of a real etcd', () => {
    it('reads the status of the member and finds a living endpoint among dead ones', async () => {
      const server = await startEtcdProcess(etcd);
      const client = await connectEtcd({ endpoints: ['127.0.0.1:1', server.endpoint], timeoutMs: 3000 });
      const status = await client.status();
      expect(status.version).toMatch(/^3\./);
      expect(status.leader).toBe(status.member);
      expect(status.revision).toBe(1);
      await client.close();
      await server.stop();
    });

    it('ends its watches with ETCD_UNREACHABLE when the server dies', async () => {
      const server = await startEtcdProcess(etcd);
      const client = await connectEtcd({ endpoints: [server.endpoint] });
      const { signal } = new AbortController();
      const watch = client.watch({ key: Buffer.from('/a'), startRevision: 1, signal });
      await client.put({ key: Buffer.from('/a'), value: Buffer.from('1') });
      const read = async (): Promise<void> => {
        for await (const { events } of watch) if (events.length > 0) await server.stop();
      };
      await expect(read()).rejects.toMatchObject({ code: 'ETCD_UNREACHABLE' });
      await client.close();
    });
  });
}

describe('connecting to etcd', () => {
  it('says which endpoint cannot be reached', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const endpoint = `127.0.0.1:${String((silent.address() as AddressInfo).port)}`;
    await expect(connectEtcd({ endpoints: [endpoint], timeoutMs: 300 })).rejects.toMatchObject({
      code: 'ETCD_UNREACHABLE',
      details: { subject: endpoint },
    });
    silent.close();
  });
});
