import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { exampleProviders } from '../../providers/example-sites.fixture.ts';
import { examplePair, type FieldChanges } from '../example-pair.fixture.ts';
import { checkPair } from './check-pair.ts';
import { encryptionDifference } from './encryption.ts';
import { portTable } from './ports.ts';
import { selfSigned } from './certificate.fixture.ts';

const NOW = Date.UTC(2026, 0, 1);

/** What is found when one side is changed, beside the warnings that every example has. */
async function found(standby: FieldChanges, environment: Record<string, string> = {}, primary?: FieldChanges) {
  const pair = examplePair('dcs', { standby, ...(primary && { primary }) }, environment);
  const findings = await checkPair(pair, NOW);
  return findings.filter(({ path, severity }) => severity === 'error' || path !== 'platform.console.certificate');
}

async function codesOf(standby: FieldChanges, environment?: Record<string, string>): Promise<string[]> {
  return (await found(standby, environment)).map(({ code, path }) => `${code} ${path}`);
}

describe('a pair of site files', () => {
  it.each(exampleProviders)('the examples of %s are one', async (provider) => {
    const findings = await checkPair(examplePair(provider), NOW);
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    // A self-signed console certificate on each side.
    expect(findings.map(({ code, path }) => `${code} ${path}`)).toEqual([
      'SITE_DR platform.console.certificate',
      'SITE_DR platform.console.certificate',
    ]);
  });

  it.each([
    ['platform.host', 'other.example.com'],
    ['platform.admin.username', 'root@example.com'],
    ['versions.infrastructureProvider', 'v1.0.17'],
    ['versions.kubeOvn', 'v4.2.25'],
    ['dr.etcdSyncVersion', 'v4.2.1'],
    ['platform.registry', { username: 'u', password: 'env:PASSWORD' }],
  ])('must be equal in %s', async (path, value) => {
    const paths = await codesOf({ [path]: value }, { PASSWORD: 'secret-value' });
    expect(paths.some((text) => text.startsWith(`DR_NOT_EQUAL ${path}`))).toBe(true);
  });

  it.each([
    ['metadata.name', 'global-dcs'],
    ['bootstrap.hostIP', '10.10.20.5'],
    ['controlPlane.nodes[0].hostname', 'global-worker-2'],
  ])('must be distinct in %s', async (path, value) => {
    expect(await codesOf({ [path]: value })).toContain(`DR_NOT_DISTINCT ${path}`);
  });

  it('must not share an address in one network', async () => {
    const findings = await found({
      'network.nodes.cidr': '10.10.20.0/24',
      'network.nodes.gateway': '10.10.20.1',
      'network.nodes.dns': ['10.10.20.2'],
      'controlPlane.nodes[0].ip': '10.10.20.11',
    });
    const shared = findings.filter(({ code }) => code === 'DR_NOT_DISTINCT');
    expect(shared.map(({ path, found: value }) => [path, value])).toEqual([
      ['controlPlane.nodes[0].ip', '10.10.20.11'],
    ]);
    expect(shared[0]?.message).toMatch(/primary\.yaml:\d+:\d+ has, too/);
    expect(shared[0]?.place?.file).toMatch(/standby\.yaml$/);
  });

  it('must not share a VM folder', async () => {
    const folder = '/dc1/vm/global/primary';
    const findings = await checkPair(examplePair('vsphere', { standby: { 'vsphere.folder': folder } }), NOW);
    expect(findings).toContainEqual(
      expect.objectContaining({ code: 'DR_NOT_DISTINCT', path: 'vsphere.folder', found: folder }),
    );
  });

  it('must carry the same key to the nodes, which is not shown', async () => {
    const key = randomBytes(32).toString('base64');
    const findings = await found({ 'dr.encryptionKey': 'env:KEY' }, { KEY: key });
    expect(findings.map(({ code, path }) => `${code} ${path}`)).toEqual(['DR_NOT_EQUAL dr.encryptionKey']);
    expect(JSON.stringify(findings)).not.toContain(key);
  });

  it('must have the same password of the administrator, which is not shown', async () => {
    const findings = await found({ 'platform.admin.password': 'env:PASSWORD' }, { PASSWORD: 'another-one' });
    expect(findings).toMatchObject([{ code: 'DR_NOT_EQUAL', path: 'platform.admin.password' }]);
    expect(JSON.stringify(findings)).not.toContain('another-one');
  });

  it('must both import the same objects', async () => {
    const findings = await codesOf({ 'dcs.importCredentialSecret': true });
    expect(findings).toContain('DR_NOT_EQUAL provider');
  });

  it('tells a secret that cannot be read at its place, and compares the rest', async () => {
    const codes = await codesOf({ 'dr.encryptionKey': 'env:MISSING', 'bootstrap.hostIP': '10.10.20.5' });
    expect(codes).toEqual(['DR_NOT_DISTINCT bootstrap.hostIP', 'SECRET_UNREADABLE dr.encryptionKey']);
  });

  it('opens five ports both ways', () => {
    const rows = portTable(examplePair('dcs'));
    expect(rows.filter(({ to }) => to === 'standby').map(({ port }) => port)).toEqual([443, 80, 6443, 11443, 2379]);
    expect(new Set(rows.map(({ from, to, address }) => `${from} ${to} ${address}`))).toEqual(
      new Set(['standby primary 10.10.20.10', 'primary standby 10.10.30.10']),
    );
  });
});

describe('the console certificate of a pair', () => {
  const thirdParty = { thirdParty: { certificate: 'env:CHAIN', privateKey: 'env:KEY' } };

  async function findingsOf(certificate: { pem: string; key: string }) {
    const change = { 'platform.console': { certificate: thirdParty } };
    const environment = { CHAIN: certificate.pem, KEY: certificate.key };
    const pair = examplePair('dcs', { primary: change, standby: change }, environment);
    return (await checkPair(pair, NOW)).filter(({ place }) => place?.file.endsWith('standby.yaml') === true);
  }

  it('is for the domain and both VIPs, and in force', async () => {
    const names = ['platform.dcs.example.com', '10.10.20.10', '10.10.30.10'];
    const days = 365;
    expect((await findingsOf(await selfSigned({ names, fromMs: NOW, days }))).map(({ message }) => message)).toEqual([
      'the certificate is self-signed',
    ]);
    const short = await findingsOf(await selfSigned({ names: ['10.10.20.10'], fromMs: NOW, days: 3 }));
    expect(short.map(({ severity, message }) => `${severity} ${message}`)).toEqual([
      'error the certificate is not for the platform domain',
      'warning the certificate is not for the VIP 10.10.30.10',
      'warning the certificate is self-signed',
      'warning the certificate ends',
    ]);
  });

  it('has its own key', async () => {
    const names = ['platform.dcs.example.com', '10.10.20.10', '10.10.30.10'];
    const { pem } = await selfSigned({ names, fromMs: NOW, days: 365 });
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect((await findingsOf({ pem, key })).map(({ message }) => message)).toContain(
      'the private key is not that of the certificate',
    );
  });
});

describe('two encryption configurations', () => {
  const config = (...providers: string[]): string =>
    `apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n  providers:\n${providers.join('')}`;
  const aes = (name: string, secret: string): string =>
    `  - aescbc:\n      keys:\n      - name: ${name}\n        secret: ${secret}\n`;

  it.each([
    [
      'the order of the providers',
      config(aes('key1', 'A'), '  - identity: {}\n'),
      config('  - identity: {}\n', aes('key1', 'A')),
    ],
    ['the names of the keys', config(aes('key1', 'A')), config(aes('key2', 'A'))],
    ['the value of a key', config(aes('key1', 'SECRETA')), config(aes('key1', 'SECRETB'))],
    ['their form', config(aes('key1', 'A')), `${config(aes('key1', 'A'))}\n`],
    ['is no EncryptionConfiguration', config(aes('key1', 'A')), 'kind: Other\n'],
  ])('differ in %s', (words, a, b) => {
    const difference = encryptionDifference(a, b) ?? '';
    expect(difference).toContain(words);
    expect(difference).not.toContain('SECRET');
  });

  it('are the same when every byte is', () => {
    expect(encryptionDifference(config(aes('k', 'A')), config(aes('k', 'A')))).toBeUndefined();
  });
});
