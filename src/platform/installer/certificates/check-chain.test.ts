import { webcrypto } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkChain } from './check-chain.ts';
import { issueCertificate, type CertificateWish, type IssuedCertificate } from './issue.ts';

const nowMs = Date.UTC(2026, 5, 1);
const DAY_MS = 86_400_000;

const make = (
  wish: Partial<CertificateWish> & Pick<CertificateWish, 'commonName' | 'use'>,
): Promise<IssuedCertificate> => issueCertificate({ days: 365, nowMs, ...wish });

/** A server certificate with an RSA key of any size and any hash, which `issueCertificate` would not make. */
async function makeRsa(bits: number, hash: string): Promise<IssuedCertificate> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: bits,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash,
  };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: 'CN=console',
    issuer: 'CN=company',
    notBefore: new Date(nowMs),
    notAfter: new Date(nowMs + 365 * DAY_MS),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'platform.example.com' }])],
  });
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { certificate: `${certificate.toString('pem')}\n`, key };
}

describe('a third-party certificate', () => {
  let root: IssuedCertificate;
  let middle: IssuedCertificate;
  let server: IssuedCertificate;
  const hosts = ['platform.example.com', '192.0.2.10'];

  beforeAll(async () => {
    root = await make({ commonName: 'root', use: 'authority', days: 3650 });
    middle = await make({ commonName: 'middle', use: 'authority', days: 1000, issuer: root });
    server = await make({ commonName: 'console', use: 'server', hosts, issuer: middle });
  });

  const check = async (
    chain: readonly IssuedCertificate[],
    options: { key?: string; hosts?: string[]; nowMs?: number } = {},
  ): Promise<string[]> => {
    const findings = await checkChain({
      chainPem: chain.map((c) => c.certificate).join(''),
      keyPem: options.key ?? chain[0]?.key ?? '',
      hosts: options.hosts ?? hosts,
      nowMs: options.nowMs ?? nowMs,
    });
    return findings.map((f) => `${f.severity} ${f.of}: ${f.message}`);
  };

  it('is sound with its whole chain, without the root, and by itself', async () => {
    for (const chain of [[server, middle, root], [server, middle], [server]]) expect(await check(chain)).toEqual([]);
  });

  it('must be followed by who issued it, in that order', async () => {
    const wrong = 'fault certificate: is in the wrong order or incomplete:';
    expect(await check([server, root])).toEqual([`${wrong} the certificate was not issued by the one that follows it`]);
    expect(await check([server, root, middle])).toEqual([
      `${wrong} the certificate was not issued by the one that follows it`,
      `${wrong} certificate 2 of the chain was not issued by the one that follows it`,
    ]);
    expect(await check([middle, server, root], { key: server.key, hosts: [] })).toContain(
      'fault certificate: is in the wrong order: the key belongs to certificate 2 of the chain',
    );
  });

  it('must bear the signature of its issuer, not of one that has the same name', async () => {
    const impostor = await make({ commonName: 'middle', use: 'authority' });
    const [finding = ''] = await check([server, impostor]);
    expect(finding).toMatch(
      /^fault certificate: (is in the wrong order or incomplete|the signature of the certificate)/,
    );
    const notAuthority = await make({ commonName: 'leaf', use: 'server', hosts });
    const below = await make({ commonName: 'console', use: 'server', hosts, issuer: notAuthority });
    expect(await check([below, notAuthority])).toEqual([
      'fault certificate: the certificate was issued by one that is no certificate authority',
    ]);
  });

  it('must have the key that comes with it, in clear', async () => {
    expect(await check([server], { key: root.key })).toEqual(['fault privateKey: does not belong to the certificate']);
    expect(await check([server], { key: 'no key' })).toEqual([
      'fault privateKey: is not the base64 of a PEM private key',
    ]);
    const encrypted = '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIF\n-----END ENCRYPTED PRIVATE KEY-----\n';
    expect(await check([server], { key: encrypted })).toEqual([
      'fault privateKey: is encrypted; send it without a passphrase',
    ]);
  });

  it('must be valid now, every one of the chain, and is warned of when it will not be for long', async () => {
    const short = await make({ commonName: 'console', use: 'server', hosts, issuer: middle, days: 20 });
    const end = new Date(nowMs + 20 * DAY_MS).toISOString();
    expect(await check([short, middle])).toEqual([`warning certificate: the certificate expires soon, on ${end}`]);
    expect(await check([short, middle], { nowMs: nowMs + 20 * DAY_MS })).toEqual([
      `fault certificate: the certificate has expired on ${end}`,
    ]);
    const begin = new Date(nowMs - 60_000).toISOString();
    expect(await check([server, middle], { nowMs: nowMs - DAY_MS })).toEqual([
      `fault certificate: the certificate is not valid before ${begin}`,
      `fault certificate: certificate 2 of the chain is not valid before ${begin}`,
    ]);
  });

  it('must name the platform and its VIPs among its alternative names; wildcards count for one label', async () => {
    expect(await check([server], { hosts: ['other.example.com', '192.0.2.10', '192.0.2.11'] })).toEqual([
      'fault certificate: has no subject alternative name for other.example.com, 192.0.2.11',
    ]);
    const wildcard = await make({ commonName: 'a.b.example.com', use: 'server', hosts: ['*.example.com'] });
    expect(await check([wildcard], { hosts: ['platform.example.com'] })).toEqual([]);
    // Its common name does not count.
    expect(await check([wildcard], { hosts: ['a.b.example.com'] })).toHaveLength(1);
    const unnamed = await make({ commonName: 'platform.example.com', use: 'server' });
    expect(await check([unnamed], { hosts: ['platform.example.com'] })).toHaveLength(1);
  });

  it('must be for servers, and strong enough for browsers', async () => {
    const client = await make({ commonName: 'console', use: 'client', hosts });
    expect(await check([client])).toEqual([
      'fault certificate: is not for servers: its extended key usage lacks serverAuth',
    ]);
    const platform = { hosts: ['platform.example.com'] };
    expect(await check([await makeRsa(1024, 'SHA-256')], platform)).toEqual([
      'fault privateKey: is too weak: RSA with 1024 bits, at least 2048 are needed',
      'fault certificate: the certificate: its key is too weak: RSA with 1024 bits, at least 2048 are needed',
    ]);
    expect(await check([await makeRsa(2048, 'SHA-1')], platform)).toEqual([
      'fault certificate: the certificate is signed with RSASSA-PKCS1-v1_5 SHA-1, which nobody trusts any more',
    ]);
    expect(await check([await makeRsa(2048, 'SHA-256')], platform)).toEqual([]);
  });

  it('must be PEM', async () => {
    expect(await checkChain({ chainPem: 'x', keyPem: server.key, hosts, nowMs })).toMatchObject([
      { of: 'certificate', message: 'is not the base64 of a PEM certificate chain' },
    ]);
    const torn = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
    expect(await checkChain({ chainPem: server.certificate + torn, keyPem: server.key, hosts, nowMs })).toMatchObject([
      { of: 'certificate', message: 'certificate 2 of the chain cannot be read' },
    ]);
  });
});
