import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CertificateAuthority } from '../lab/pki/index.ts';
import { connectEtcd } from './client.ts';
import { programOnPath, startEtcdProcess } from './debian-etcd.fixture.ts';
import { describeKeyValueStore } from './key-value-store.contract.ts';

const etcd = programOnPath('etcd');

if (etcd === undefined) {
  it.skip('the client against a real etcd: skipped, no etcd on PATH (Debian: apt-get install etcd-server)', () =>
    undefined);
} else {
  // Without TLS the same suite runs through a namespace.
  describeKeyValueStore('the client of a real etcd over TLS', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'globalctl-etcd-tls-'));
    const authority = await CertificateAuthority.create('etcd-ca');
    const member = await authority.issue({ commonName: 'member', ipAddresses: ['127.0.0.1'] });
    const user = await authority.issue({ commonName: 'user', usages: ['client'] });
    const file = async (name: string, content: string): Promise<string> => {
      await writeFile(join(folder, name), content, { mode: 0o600 });
      return join(folder, name);
    };
    const server = await startEtcdProcess(etcd, [
      `--cert-file=${await file('member.crt', member.certificatePem)}`,
      `--key-file=${await file('member.key', member.keyPem)}`,
      ...[`--trusted-ca-file=${await file('ca.crt', authority.certificatePem)}`, '--client-cert-auth'],
    ]);
    const store = await connectEtcd({
      endpoints: [`https://${server.endpoint}`],
      tls: { ca: authority.certificatePem, certificate: user.certificatePem, key: user.keyPem },
    });
    return {
      store,
      close: async () => {
        await store.close();
        await server.stop();
        await rm(folder, { recursive: true, force: true });
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
