import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CertificateAuthority, type KeyPair } from '../../lab/pki/index.ts';
import { RegistryClient, type RegistryAccess } from './index.ts';

let server: Server;
let access: RegistryAccess;
let own: KeyPair;
const seen: string[] = [];

/** A registry that asks its clients for a certificate of the same authority that signed its own. */
beforeAll(async () => {
  const authority = await CertificateAuthority.create('registries');
  const { certificatePem: cert, keyPem: key } = await authority.issue({ commonName: 'r', ipAddresses: ['127.0.0.1'] });
  own = await authority.issue({ commonName: 'pusher', usages: ['client'] });
  const ca = authority.certificatePem;
  server = createServer({ cert, key, ca, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    seen.push(String((request.socket as TLSSocket).getPeerCertificate().subject.CN));
    response.end('{"tags":["v1"]}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  access = { address: `127.0.0.1:${String((server.address() as AddressInfo).port)}`, scheme: 'https', caPem: ca };
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function tagsWith(more: Partial<RegistryAccess>): Promise<readonly string[]> {
  const client = new RegistryClient({ ...access, ...more });
  try {
    return await client.listTags('ait/x');
  } finally {
    await client.close();
  }
}

describe('A registry that asks for certificates', () => {
  it('is shown that of the client', async () => {
    expect(await tagsWith({ clientCertificate: own })).toEqual(['v1']);
    expect(seen).toEqual(['pusher']);
  });

  it('takes none without, and none of another authority', async () => {
    const stranger = await (await CertificateAuthority.create('others')).issue({ commonName: 'stranger' });
    seen.length = 0;
    await expect(tagsWith({})).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
    await expect(tagsWith({ clientCertificate: stranger })).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
    expect(seen).toEqual([]);
  });

  it('is not spoken to when its own certificate is of an authority that nobody named', async () => {
    seen.length = 0;
    const withoutCa: RegistryAccess = { address: access.address, scheme: 'https', clientCertificate: own };
    const client = new RegistryClient(withoutCa);
    try {
      await expect(client.listTags('ait/x')).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
    } finally {
      await client.close();
    }
    expect(seen).toEqual([]);
  });
});
