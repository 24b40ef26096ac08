import { mkdtemp, open, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GlobalctlError } from '../base/index.ts';
import { loadSite } from './load.ts';
import { siteOf } from './site.ts';
import { cloudParts, faultsOf, load, loadWith, replaced, siteText } from './site.fixture.ts';

describe('a site file that is right', () => {
  it('loads with the constant defaults of the guide', () => {
    const { site } = load(siteText);
    expect(site.bootstrap.registry).toMatchObject({
      localAddress: '127.0.0.1:11443',
      bootstrapAddress: '172.18.0.1:11443',
      auth: 'auto',
    });
    expect(site.network).toMatchObject({
      podCIDR: '100.3.0.0/16',
      serviceCIDR: '100.4.0.0/16',
      joinCIDR: '100.64.0.0/16',
    });
    expect(site.platform).toMatchObject({
      ingressClassName: 'global-alb2',
      products: ['base', 'acp'],
      deployMode: 'normal',
    });
  });

  it('derives addresses, packages and replicas from other fields', () => {
    const { site } = load(siteText);
    expect(site.bootstrap.registry.nodeAddress).toBe('192.0.2.5:11443');
    expect(site.platform.registryDomain).toBe('platform.example.com:11443');
    expect(site.packages.infrastructureProvider).toBe('/root/cluster-api-provider-cloud.amd64.v1.0.0.tgz');
    expect(site.controlPlane.replicas).toBe(3);
    expect(site.workers[0]?.replicas).toBe(1);
  });

  it('puts the host root in front of derived package paths', () => {
    expect(loadWith({ bootstrap: { hostRoot: '/srv/lab' } }).site.packages.kubeadmProvider).toBe(
      '/srv/lab/root/cluster-api-provider-kubeadm.amd64.v1.0.0.tgz',
    );
  });

  it('takes the versions that it leaves out from the row of the release', () => {
    expect(load(siteText).site.versions).toMatchObject({
      image: 'MicroOS-5.5-v4.2.2',
      coredns: '1.12.4-v4.2.7',
      etcd: 'v3.5.25-251215',
      kubeOvn: 'v4.2.24',
      corePackage: 'v4.2.2',
    });
  });

  it('finds the release by its Kubernetes version when one release alone carries it', () => {
    expect(load(replaced('  platform: v4.2.2\n', '')).site.versions.platform).toBe('v4.2.2');
  });

  it('gives each provider its own block and machines', () => {
    const site = siteOf(load(siteText).site, cloudParts);
    expect(site.cloud.endpoint).toBe('https://cloud.example.com');
    expect(site.controlPlane.machine.cpus).toBe(4);
    expect(site.workers[0]?.machine.cpus).toBe(8);
    expect(() => siteOf(site, { ...cloudParts, id: 'other' })).toThrow(TypeError);
  });

  it('resolves aliases as YAML does', () => {
    const text = replaced('gateway: 192.0.2.1', 'gateway: &gateway 192.0.2.1').replace('[192.0.2.2]', '[*gateway]');
    expect(load(text).site.network.nodes.dns).toEqual(['192.0.2.1']);
  });
});

describe('a fault of the values', () => {
  it('names an unknown field at its key and suggests the nearest name', () => {
    const [fault] = faultsOf(replaced('controlPlaneVIP', 'controlPlaneVip'));
    expect(fault).toMatchObject({
      code: 'SITE_UNKNOWN_FIELD',
      path: 'network.controlPlaneVip',
      place: { file: 'site.yaml', line: 20, column: 3 },
      hint: 'Did you mean controlPlaneVIP?',
    });
    expect(fault?.snippet).toBe(
      ['19 | network:', '20 |   controlPlaneVip: 192.0.2.10', '   |   ^^^^^^^^^^^^^^^'].join('\n'),
    );
  });

  it('reports every fault of a file at once, each in its line', () => {
    const text = replaced('hostIP: 192.0.2.5', 'hostIP: 192.0.2.500')
      .replace('kubernetes: v1.33.7-2', 'kubernetes: 1.33.7-2')
      .replace('gateway: 192.0.2.1\n', '\n');
    expect(faultsOf(text).map(({ code, place }) => [code, place?.line])).toEqual([
      ['SITE_VALUE', 7],
      ['SITE_VERSION_PREFIX', 14],
      ['SITE_MISSING_FIELD', 21],
    ]);
  });

  it.each([
    ['https://192.0.2.5:11443'],
    ['192.0.2.5:11443/v2/'],
    ['192.0.2.5'],
    ['192.0.2.5:0'],
    ['192.0.2.999:11443'],
  ])('refuses the registry address %s', (address) => {
    const [fault] = faultsOf(
      replaced('hostIP: 192.0.2.5', `hostIP: 192.0.2.5\n  registry: { nodeAddress: "${address}" }`),
    );
    expect(fault).toMatchObject({
      code: 'SITE_REGISTRY_ADDRESS',
      path: 'bootstrap.registry.nodeAddress',
      found: address,
    });
  });

  it('refuses a version without its leading v', () => {
    expect(faultsOf(replaced('v1.33.7-2', '1.33.7-2'))).toMatchObject([
      { code: 'SITE_VERSION_PREFIX', path: 'versions.kubernetes', found: '1.33.7-2' },
    ]);
  });

  it('tells to quote text that YAML reads as a number', () => {
    expect(faultsOf(replaced('name: test', 'name: 12'))).toMatchObject([
      { code: 'SITE_WRONG_TYPE', path: 'metadata.name', found: '12 (a number)', hint: 'Quote it: "12".' },
    ]);
  });

  it('tells a key without a value from a missing key', () => {
    const [empty] = faultsOf(replaced('hostIP: 192.0.2.5', 'hostIP:'));
    expect(empty).toMatchObject({
      code: 'SITE_MISSING_FIELD',
      message: 'bootstrap.hostIP has no value',
      place: { line: 7 },
    });
    const [optional] = faultsOf(`${siteText}dr:\n`);
    expect(optional).toMatchObject({ path: 'dr', hint: 'Give it a value or remove the key.' });
  });

  it('names the entry of a list', () => {
    expect(faultsOf(replaced('ip: 192.0.2.12', 'ip: 192.0.2'))).toMatchObject([
      { path: 'controlPlane.nodes[1].ip', place: { line: 28, column: 29 }, found: '192.0.2' },
    ]);
  });

  it('tells a misspelled field once, although the right one is missing too', () => {
    expect(faultsOf(replaced('  endpoint:', '  endpont:'))).toMatchObject([
      { code: 'SITE_UNKNOWN_FIELD', path: 'cloud.endpont', hint: 'Did you mean endpoint?' },
    ]);
  });

  it('explains which of the forms of the console certificate is nearest', () => {
    const [fault] = faultsOf(
      replaced('platform:\n', 'platform:\n  console: { certificate: { thirdParty: { certificate: "file:a" } } }\n'),
    );
    expect(fault).toMatchObject({
      code: 'SITE_MISSING_FIELD',
      path: 'platform.console.certificate.thirdParty.privateKey',
    });
    const [word] = faultsOf(replaced('platform:\n', 'platform:\n  console: { certificate: selfsigned }\n'));
    expect(word).toMatchObject({ path: 'platform.console.certificate', hint: 'Did you mean selfSigned?' });
  });

  it('asks for the release when several carry the Kubernetes version', () => {
    const text = replaced('  platform: v4.2.2\n', '').replace('v1.33.7-2', 'v1.32.7');
    expect(faultsOf(text)).toMatchObject([
      {
        code: 'SITE_VERSION_UNKNOWN',
        path: 'versions.kubernetes',
        message: expect.stringContaining('v4.1.0, v4.1.1') as string,
      },
    ]);
  });

  it('asks for the versions of a release that the table does not have, and takes them', () => {
    const unknown = replaced('platform: v4.2.2', 'platform: v4.9.0');
    expect(faultsOf(unknown)).toMatchObject([{ code: 'SITE_VERSION_UNKNOWN', path: 'versions.platform' }]);
    const given = unknown.replace('versions:\n', 'versions:\n  coredns: "1.14.9"\n  etcd: v3.6.1\n  kubeOvn: v4.9.1\n');
    expect(load(given).site.versions).toMatchObject({ platform: 'v4.9.0', kubeOvn: 'v4.9.1' });
  });

  it('stops listing after a hundred unknown fields', () => {
    const extra = Array.from({ length: 5000 }, (_, i) => `extra${String(i)}: 1`).join('\n');
    expect(faultsOf(`${siteText}${extra}\n`)).toHaveLength(100);
  });
});

describe('a secret in the site file', () => {
  it('is refused as a plain value and shown nowhere', () => {
    const faults = faultsOf(
      replaced('password: env:ADMIN_PASSWORD', 'password: hunter2-secret').replace('kind: Site', 'kind: Sit'),
    );
    expect(faults.map(({ code }) => code)).toEqual(['SITE_VALUE', 'SECRET_PLAIN']);
    expect(JSON.stringify(faults)).not.toContain('hunter2');
    expect(faults[1]?.snippet).toContain('password: **************');
  });

  it('is masked in the snippet of a fault that stands beside it', () => {
    const text = replaced('endpoint: https://cloud.example.com', 'endpoint:').replace(
      'file:secrets/cloud',
      '"s3cr3t: value"',
    );
    expect(JSON.stringify(faultsOf(text))).not.toContain('s3cr3t');
  });

  it('is masked where it goes over several lines, and inside a flow mapping', () => {
    const block = replaced(
      'password: env:ADMIN_PASSWORD',
      'password: |\n      hunter2-first\n      hunter2-second',
    ).replace('versions:', 'version:');
    expect(faultsOf(block).map(({ code }) => code)).toEqual(['SECRET_PLAIN', 'SITE_UNKNOWN_FIELD']);
    expect(JSON.stringify(faultsOf(block))).not.toContain('hunter2');
    const flow = replaced(
      '  admin:\n    password: env:ADMIN_PASSWORD',
      '  admin: { password: hunter2-secret }',
    ).replace('provider: cloud', 'provider: [');
    expect(faultsOf(flow).length).toBeGreaterThan(0);
    expect(JSON.stringify(faultsOf(flow))).not.toContain('hunter2');
  });

  it('is masked under a key that does not belong there, and when the file cannot be parsed', () => {
    const unknown = replaced('cloud:\n', 'cloud:\n  adminPassword: hunter2-secret\n');
    expect(JSON.stringify(faultsOf(unknown))).not.toContain('hunter2');
    const broken = replaced('    password: env:ADMIN_PASSWORD', '    password: hunter2-secret\n   oops: [');
    expect(faultsOf(broken)[0]?.code).toBe('SITE_YAML');
    expect(JSON.stringify(faultsOf(broken))).not.toContain('hunter2');
  });
});

describe('the provider', () => {
  it('has to be there', () => {
    expect(faultsOf(replaced('provider: cloud\n', ''))).toMatchObject([
      { code: 'SITE_MISSING_FIELD', path: 'provider' },
    ]);
  });

  it('is answered with the nearest name when it is not known', () => {
    expect(faultsOf(replaced('provider: cloud', 'provider: clowd'))).toMatchObject([
      { code: 'SITE_VALUE', path: 'provider', hint: 'Did you mean cloud?' },
    ]);
  });

  it('is said to be planned for bare metal', () => {
    expect(faultsOf(replaced('provider: cloud', 'provider: baremetal'))).toMatchObject([
      { code: 'SITE_PROVIDER_PLANNED', place: { line: 5 } },
    ]);
  });
});

describe('a text that is not one YAML document', () => {
  it.each([
    ['a duplicate key', replaced('kind: Site', 'kind: Site\nkind: Site'), 'SITE_DUPLICATE_KEY', 3],
    ['a tab as indentation', replaced('  hostIP', '\thostIP'), 'SITE_YAML', 7],
    ['a bracket that is never closed', replaced('[192.0.2.2]', '[192.0.2.2'), 'SITE_YAML', undefined],
    ['two documents', `${siteText}---\n${siteText}`, 'SITE_SEVERAL_DOCUMENTS', undefined],
    ['only comments', '# nothing\n', 'SITE_EMPTY', undefined],
    ['a list', '- a\n- b\n', 'SITE_WRONG_TYPE', 1],
    ['a word', 'site\n', 'SITE_WRONG_TYPE', 1],
    ['a tag', replaced('name: test', 'name: !vault test'), 'SITE_YAML', 4],
    ['an alias without an anchor', replaced('name: test', 'name: *missing'), 'SITE_YAML', 4],
    [
      'an alias inside its own anchor',
      replaced('cloud:\n', 'cloud: &self\n  me: *self\n'),
      'SITE_UNKNOWN_FIELD',
      undefined,
    ],
  ])('refuses %s with its code', (_what, text, code, line) => {
    const [fault] = faultsOf(text);
    expect(fault?.code).toBe(code);
    if (line !== undefined) expect(fault?.place?.line).toBe(line);
  });

  it('refuses an alias bomb without expanding it', () => {
    const levels = Array.from({ length: 12 }, (_, i) =>
      i === 0
        ? 'a0: &a0 [x, x, x, x, x, x, x, x, x]'
        : `a${String(i)}: &a${String(i)} [${`*a${String(i - 1)}, `.repeat(8)}*a${String(i - 1)}]`,
    );
    expect(faultsOf(levels.join('\n'))).toMatchObject([{ code: 'SITE_ALIASES' }]);
  });

  it('refuses blocks that are nested without end', () => {
    expect(faultsOf('['.repeat(200_000))[0]?.code).toBe('SITE_YAML');
  });

  it('looks at a hundred thousand keys once each', () => {
    const keys = Array.from({ length: 100_000 }, (_, i) => `k${String(i)}: 1`).join('\n');
    expect(faultsOf(`provider: cloud\n${keys}`)).toHaveLength(100);
  });
});

describe('a file that is no site file', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'globalctl-site-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function errorOf(name: string, content?: string | Uint8Array): Promise<GlobalctlError> {
    const path = join(folder, name);
    if (content !== undefined) await writeFile(path, content);
    try {
      await loadSite(path, { parts: [cloudParts], environment: {} });
    } catch (error) {
      if (error instanceof GlobalctlError) return error;
      throw error;
    }
    throw new Error(`${name} was accepted`);
  }

  it('is missing', async () => {
    expect(await errorOf('absent.yaml')).toMatchObject({
      code: 'SITE_UNREADABLE',
      message: expect.stringContaining('no such file') as string,
    });
  });

  it('is a folder', async () => {
    expect(await errorOf('.')).toMatchObject({
      code: 'SITE_UNREADABLE',
      message: expect.stringContaining('folder') as string,
    });
  });

  it('is empty', async () => {
    expect(await errorOf('empty.yaml', ' \n')).toMatchObject({ code: 'SITE_EMPTY' });
  });

  it('is a package of 50 MB, which is not read', async () => {
    const path = join(folder, 'large.yaml');
    const handle = await open(path, 'w');
    await handle.truncate(50 * 1024 * 1024);
    await handle.close();
    const error = await errorOf('large.yaml');
    expect(error.code).toBe('SITE_TOO_LARGE');
    expect(error.details).toMatchObject({ expected: 'at most 2 MiB', found: '50.0 MiB' });
  });

  it('is a device without an end', async () => {
    await symlink('/dev/zero', join(folder, 'zero.yaml'));
    expect(await errorOf('zero.yaml')).toMatchObject({ code: 'SITE_TOO_LARGE' });
  });

  it('is not UTF-8, said with the byte at fault', async () => {
    const bytes = Buffer.concat([Buffer.from('a: \ufffd\nname: caf'), Buffer.from([0xe9]), Buffer.from('\n')]);
    const error = await errorOf('latin1.yaml', bytes);
    expect(error.code).toBe('SITE_NOT_UTF8');
    expect(error.message).toContain('byte 0xe9 at offset 16');
    expect(error.details.place).toMatchObject({ line: 2, column: 10 });
    const utf16 = await errorOf('utf16.yaml', Buffer.from('\ufeffa: 1', 'utf16le'));
    expect(utf16.details.found).toBe('UTF-16 text');
  });

  it('starts with a byte order mark and is a site file all the same', async () => {
    const path = join(folder, 'bom.yaml');
    await writeFile(path, `\ufeff${siteText}`);
    const { site, placeOf } = await loadSite(path, { parts: [cloudParts], environment: {} }).then((loaded) => ({
      site: loaded.site,
      placeOf: loaded.placeOf('apiVersion', 'key'),
    }));
    expect(site.metadata.name).toBe('test');
    expect(placeOf).toMatchObject({ line: 1, column: 1 });
  });
});
