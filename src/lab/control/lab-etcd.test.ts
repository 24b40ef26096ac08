import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEtcd } from '../../etcd/index.ts';
import { programOnPath, startEtcdProcess, type EtcdProcess } from '../../etcd/debian-etcd.fixture.ts';
import { CertificateAuthority } from '../pki/index.ts';
import { checkEtcd, etcdConnection } from './lab-etcd.ts';

const etcd = programOnPath('etcd');
const etcdctl = programOnPath('etcdctl');

it('names the etcd that does not answer before a lab is started for it', async () => {
  await expect(checkEtcd({ endpoints: ['http://127.0.0.1:1'] }, 300)).rejects.toMatchObject({
    code: 'ETCD_UNREACHABLE',
    details: { subject: 'http://127.0.0.1:1' },
  });
});

it('names the certificate that cannot be read', async () => {
  const caFile = join(tmpdir(), 'globalctl-no-such-folder/ca.crt');
  await expect(checkEtcd({ endpoints: ['https://127.0.0.1:1'], caFile })).rejects.toMatchObject({
    code: 'FILE_UNREADABLE',
    details: { subject: caFile },
  });
});

if (etcd === undefined) {
  it.skip('an etcd with TLS: skipped, no etcd on PATH (Debian: apt-get install etcd-server)', () => undefined);
} else {
  describe('an etcd that asks for client certificates', () => {
    let folder: string;
    let server: EtcdProcess;
    const file = (name: string): string => join(folder, name);

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'lab-etcd-'));
      const authority = await CertificateAuthority.create('etcd-ca');
      const member = await authority.issue({ commonName: 'member', ipAddresses: ['127.0.0.1'] });
      const client = await authority.issue({ commonName: 'client', usages: ['client'] });
      const files = {
        'ca.crt': authority.certificatePem,
        'server.crt': member.certificatePem,
        'server.key': member.keyPem,
        'client.crt': client.certificatePem,
        'client.key': client.keyPem,
      };
      for (const [name, text] of Object.entries(files)) await writeFile(file(name), text, { mode: 0o600 });
      server = await startEtcdProcess(etcd, [
        `--cert-file=${file('server.crt')}`,
        `--key-file=${file('server.key')}`,
        `--trusted-ca-file=${file('ca.crt')}`,
        '--client-cert-auth',
      ]);
    });
    afterAll(async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    });

    it('is reached with the files that are named, and refuses who shows no certificate', async () => {
      const endpoints = [`https://${server.endpoint}`];
      const caFile = file('ca.crt');
      const settings = { endpoints, caFile, certificateFile: file('client.crt'), keyFile: file('client.key') };
      await checkEtcd(settings);
      const client = await connectEtcd(await etcdConnection(settings));
      expect((await client.put({ key: Buffer.from('a'), value: Buffer.from('1') })).revision).toBe(2);
      await client.close();
      await expect(checkEtcd({ endpoints, caFile }, 1000)).rejects.toMatchObject({ code: 'ETCD_UNREACHABLE' });
    });
  });
}

if (etcd === undefined || etcdctl === undefined) {
  it.skip('an etcd with logins: skipped, no etcd or etcdctl on PATH (Debian: etcd-server, etcd-client)', () =>
    undefined);
} else {
  it('refuses an etcd that asks for a login, which a lab has no flag for', async () => {
    const server = await startEtcdProcess(etcd);
    try {
      await checkEtcd({ endpoints: [`http://${server.endpoint}`] });
      const env = { ...process.env, ETCDCTL_API: '3' };
      for (const words of ['user add root:word', 'user grant-role root root', 'auth enable'])
        await promisify(execFile)(etcdctl, [`--endpoints=${server.endpoint}`, ...words.split(' ')], { env });
      await expect(checkEtcd({ endpoints: [`http://${server.endpoint}`] })).rejects.toMatchObject({
        code: 'ETCD_REQUEST',
        message: expect.stringContaining('user name is empty') as string,
      });
    } finally {
      await server.stop();
    }
  });
}
