import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GlobalctlError, Redactor } from '../base/index.ts';
import { refuseErrors, type Finding } from './finding.ts';
import { checkSecrets, checkSite } from './site-checks.ts';
import { load, loadWith, replaced, siteText } from './site.fixture.ts';
import { versionRows } from './version-matrix.ts';

/** Code, severity and path of each finding. */
function told(findings: readonly Finding[]): string[] {
  return findings.map(({ code, severity, path }) => `${severity} ${code} ${path}`);
}

function checked(changes: Record<string, unknown>): string[] {
  return told(checkSite(loadWith(changes)));
}

const nodes = (...ips: string[]): object[] => ips.map((ip, i) => ({ hostname: `node-${String(i)}`, ip }));

describe('the checks of a site', () => {
  it('find nothing in a site that is right', () => {
    expect(checked({})).toEqual([]);
  });

  it('give each finding its place and snippet', () => {
    const [finding] = checkSite(load(replaced('controlPlaneVIP: 192.0.2.10', 'controlPlaneVIP: 192.0.2.12')));
    expect(finding).toMatchObject({
      code: 'SITE_ADDRESS_CONFLICT',
      path: 'network.controlPlaneVIP',
      place: { file: 'site.yaml', line: 20, column: 20 },
      found: '192.0.2.12',
      message: expect.stringContaining('controlPlane.nodes[1].ip') as string,
    });
    expect(finding?.snippet).toContain('20 |   controlPlaneVIP: 192.0.2.12');
  });

  it.each<[string, Record<string, unknown>, string[]]>([
    [
      'two nodes with one address',
      { workers: [{ name: 'md-0', nodes: [{ hostname: 'w', ip: '192.0.2.11' }] }] },
      ['error SITE_ADDRESS_CONFLICT workers[0].nodes[0].ip'],
    ],
    [
      'a VIP that is the gateway',
      { network: { controlPlaneVIP: '192.0.2.1' } },
      ['error SITE_ADDRESS_CONFLICT network.controlPlaneVIP'],
    ],
    [
      'a VIP that is the KIND host',
      { bootstrap: { hostIP: '192.0.2.10' } },
      ['error SITE_ADDRESS_CONFLICT network.controlPlaneVIP'],
    ],
    [
      'a node outside its network',
      { controlPlane: { nodes: nodes('192.0.2.11', '192.0.2.12', '198.51.100.1') } },
      ['error SITE_ADDRESS_OUTSIDE controlPlane.nodes[2].ip'],
    ],
    [
      'a node on the broadcast address',
      { controlPlane: { nodes: nodes('192.0.2.11', '192.0.2.12', '192.0.2.255') } },
      ['error SITE_ADDRESS_OUTSIDE controlPlane.nodes[2].ip'],
    ],
    [
      'a VIP in another network',
      { network: { controlPlaneVIP: '198.51.100.1' } },
      ['warning SITE_ADDRESS_OUTSIDE network.controlPlaneVIP'],
    ],
    [
      'a gateway in another network',
      { network: { nodes: { gateway: '192.0.3.1' } } },
      ['error SITE_ADDRESS_OUTSIDE network.nodes.gateway'],
    ],
    [
      'Services inside the Pods',
      { network: { serviceCIDR: '100.3.128.0/20' } },
      ['error SITE_CIDR_OVERLAP network.serviceCIDR'],
    ],
    [
      'a join network that holds the Pods',
      { network: { joinCIDR: '100.0.0.0/8' } },
      ['error SITE_CIDR_OVERLAP network.joinCIDR', 'error SITE_CIDR_OVERLAP network.joinCIDR'],
    ],
    [
      'Pods over the nodes',
      { network: { podCIDR: '192.0.0.0/16' } },
      [
        'error SITE_CIDR_OVERLAP network.podCIDR',
        'error SITE_CIDR_OVERLAP bootstrap.hostIP',
        'error SITE_CIDR_OVERLAP network.controlPlaneVIP',
        'error SITE_CIDR_OVERLAP network.nodes.dns[0]',
      ],
    ],
    [
      'a KIND host inside the Services',
      { bootstrap: { hostIP: '100.4.0.9' } },
      ['error SITE_CIDR_OVERLAP bootstrap.hostIP'],
    ],
    ['a network with host bits', { network: { podCIDR: '100.3.7.1/16' } }, ['warning SITE_CIDR_FORM network.podCIDR']],
    [
      'Services beyond 2^20',
      { network: { serviceCIDR: '10.96.0.0/11' } },
      ['error SITE_CIDR_FORM network.serviceCIDR'],
    ],
    [
      'Services without an address for DNS',
      { network: { serviceCIDR: '100.4.0.0/29' } },
      ['error SITE_CIDR_FORM network.serviceCIDR'],
    ],
    ['Pods for half a node', { network: { podCIDR: '100.3.0.0/25' } }, ['error SITE_CIDR_FORM network.podCIDR']],
    ['the largest and smallest networks', { network: { podCIDR: '11.0.0.0/8', serviceCIDR: '100.4.0.0/28' } }, []],
    ['a join network for one', { network: { joinCIDR: '100.64.0.0/30' } }, ['error SITE_CIDR_FORM network.joinCIDR']],
    [
      'Services among the container bridges',
      { network: { serviceCIDR: '172.20.0.0/16' } },
      ['warning SITE_CONTAINER_BRIDGE network.serviceCIDR'],
    ],
    ['a single control plane node', { controlPlane: { replicas: 1 } }, ['warning SITE_REPLICAS controlPlane.replicas']],
    ['two control plane nodes', { controlPlane: { replicas: 2 } }, ['error SITE_REPLICAS controlPlane.replicas']],
    [
      'a pool that is too small',
      { workers: [{ name: 'md-0', replicas: 2, nodes: [{ hostname: 'w', ip: '192.0.2.21' }] }] },
      ['error SITE_NODES_TOO_FEW workers[0].nodes'],
    ],
    [
      'a pool with a name too long for its objects',
      { workers: [{ name: 'a'.repeat(48), nodes: [{ hostname: 'w', ip: '192.0.2.21' }] }] },
      ['error SITE_VALUE workers[0].name'],
    ],
    [
      'a pool with the longest name that fits',
      { workers: [{ name: 'a'.repeat(47), nodes: [{ hostname: 'w', ip: '192.0.2.21' }] }] },
      [],
    ],
    [
      'two nodes of one name',
      { workers: [{ name: 'md-0', nodes: [{ hostname: 'cp-1', ip: '192.0.2.21' }] }] },
      ['error SITE_DUPLICATE_NAME workers[0].nodes[0].hostname'],
    ],
    [
      'two pools of one name',
      {
        workers: ['a', 'b'].map((name, i) => ({
          name: 'md-0',
          nodes: [{ hostname: name, ip: `192.0.2.3${String(i)}` }],
        })),
      },
      ['error SITE_DUPLICATE_NAME workers[1].name'],
    ],
    [
      'a CoreDNS of another release',
      { versions: { coredns: '1.12.4-v4.2.8' } },
      ['error SITE_VERSION_MISMATCH versions.coredns'],
    ],
    [
      'a Kubernetes of another release',
      { versions: { kubernetes: 'v1.33.7-1' } },
      ['error SITE_VERSION_MISMATCH versions.kubernetes'],
    ],
    [
      'the component version of Kube-OVN',
      { versions: { kubeOvn: 'v1.14.30' } },
      ['error SITE_VERSION_MISMATCH versions.kubeOvn'],
    ],
    ['a renamed image', { versions: { image: 'our-template' } }, ['warning SITE_VERSION_MISMATCH versions.image']],
    [
      'a release that the table does not have',
      { versions: { platform: 'v4.9.0', coredns: 'a', etcd: 'b', kubeOvn: 'v4.9.1' } },
      ['warning SITE_VERSION_UNKNOWN versions.platform'],
    ],
    [
      'a registry that nodes would look for on themselves',
      { bootstrap: { registry: { nodeAddress: '127.0.0.1:11443' } } },
      ['error SITE_REGISTRY_ADDRESS bootstrap.registry.nodeAddress'],
    ],
    [
      'a platform registry on the bootstrap host',
      { platform: { registryDomain: '192.0.2.5:11443' } },
      ['error SITE_ADDRESS_CONFLICT platform.registryDomain'],
    ],
  ])('find %s', (_what, changes, expected) => {
    expect(checked(changes)).toEqual(expected);
  });

  it.each([
    ['172.18.0', 1],
    ['172.32.9', 1],
    ['172.33.0', 0],
    ['172.15.0', 0],
  ])('warn of nodes in %s.0/24 as the guide does: %i', (prefix, count) => {
    const text = siteText.replaceAll('192.0.2.', `${prefix}.`);
    expect(checkSite(load(text)).filter(({ code }) => code === 'SITE_CONTAINER_BRIDGE')).toHaveLength(count);
  });

  it('hold the disaster recovery block against the rest', () => {
    const dr = { role: 'standby', primaryVIP: '192.0.2.10', standbyVIP: '198.51.100.10', encryptionKey: 'env:KEY' };
    expect(checked({ dr })).toEqual(['error SITE_DR dr.standbyVIP', 'warning SITE_DR platform.console.certificate']);
    expect(checked({ dr: { ...dr, role: 'primary' } })).toEqual(['warning SITE_DR platform.console.certificate']);
    expect(
      checked({ dr: { ...dr, role: 'primary', standbyVIP: '192.0.2.10' }, platform: { host: '192.0.2.10' } }),
    ).toContain('error SITE_DR platform.host');
  });

  it('let a node that names a subnet of its own stand outside', () => {
    const { site } = loadWith({});
    const [first, ...rest] = site.controlPlane.nodes;
    const moved = { ...first, hostname: 'cp-1', ip: '198.51.100.1', subnetName: 'other' };
    const loaded = loadWith({});
    const findings = checkSite({
      ...loaded,
      site: { ...site, controlPlane: { ...site.controlPlane, nodes: [moved, ...rest] } },
      locate: (finding) => ({ ...finding }),
    });
    expect(told(findings)).toEqual([]);
  });

  it('load and check a thousand nodes with work that grows as they do', () => {
    const workers = Array.from(
      { length: 1000 },
      (_, i) => `      - { hostname: w-${String(i)}, ip: 10.0.${String(4 + (i >> 8))}.${String(i % 256)} }`,
    );
    const text = siteText
      .replaceAll('192.0.2.', '10.0.0.')
      .replace('10.0.0.0/24', '10.0.0.0/20')
      .replace('      - { hostname: worker-1, ip: 10.0.0.21 }', workers.join('\n'));
    const loaded = load(text);
    let reads = 0;
    const counted = loaded.site.workers.map((pool) => ({
      ...pool,
      nodes: pool.nodes.map((node) => ({
        ...node,
        get ip() {
          reads += 1;
          return node.ip;
        },
        get hostname() {
          reads += 1;
          return node.hostname;
        },
      })),
    }));
    expect(loaded.placeOf('workers[0].nodes[999].ip').line).toBe(33 + 999);
    const findings = checkSite({
      ...loaded,
      site: { ...loaded.site, workers: counted },
      locate: (finding) => loaded.locate(finding),
    });
    expect(findings).toEqual([]);
    expect(reads).toBeGreaterThan(2 * 1000);
    expect(reads).toBeLessThan(10 * 1000);
  });
});

describe('the version table', () => {
  it('has every release once, with a Kubernetes, a CoreDNS, an etcd and a chart', () => {
    expect(versionRows.map(({ platform }) => platform)).toHaveLength(
      new Set(versionRows.map(({ platform }) => platform)).size,
    );
    for (const row of versionRows) {
      expect(row.kubernetes).toMatch(/^v1\.\d+\.\d+/);
      expect(row.etcd).toMatch(/^v3\.\d+\.\d+/);
      expect(row.coredns).toMatch(/^1\.\d+\.\d+/);
      expect(row.kubeOvnChart).toMatch(/^v4\.\d+\.\d+$/);
    }
  });
});

describe('the secrets of a site', () => {
  const key = Buffer.alloc(32, 7).toString('base64');
  const dr = `dr: { role: primary, primaryVIP: 192.0.2.10, standbyVIP: 198.51.100.10, encryptionKey: env:KEY }\n`;

  async function findingsOf(
    text: string,
    environment: Record<string, string>,
    files: Record<string, string>,
  ): Promise<Finding[]> {
    const folder = await mkdtemp(join(tmpdir(), 'globalctl-secrets-'));
    try {
      await mkdir(join(folder, 'secrets'));
      for (const [name, content] of Object.entries(files)) await writeFile(join(folder, 'secrets', name), content);
      return await checkSecrets(load(text, { file: join(folder, 'site.yaml'), environment }));
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  it('are found in the environment and in files beside the site', async () => {
    expect(await findingsOf(siteText + dr, { ADMIN_PASSWORD: 'a', KEY: key }, { cloud: 'b\n' })).toEqual([]);
  });

  it('are reported with the place of the reference when they cannot be read', async () => {
    const findings = await findingsOf(siteText, {}, {});
    expect(findings).toMatchObject([
      {
        code: 'SECRET_UNREADABLE',
        path: 'platform.admin.password',
        place: { line: 11, column: 15 },
        hint: 'export ADMIN_PASSWORD=...',
      },
      {
        code: 'SECRET_UNREADABLE',
        path: 'cloud.password',
        place: { line: 39, column: 13 },
        found: 'file:secrets/cloud',
      },
    ]);
    expect(() => refuseErrors(findings, 'site.yaml')).toThrow(GlobalctlError);
  });

  it('are reported when they are empty, and when an encryption key is none', async () => {
    const findings = await findingsOf(siteText + dr, { ADMIN_PASSWORD: 'a', KEY: 'hunter2' }, { cloud: '\n' });
    expect(told(findings)).toEqual(['error SECRET_UNREADABLE cloud.password', 'error SITE_VALUE dr.encryptionKey']);
    expect(JSON.stringify(findings)).not.toContain('hunter2');
  });

  it('are hidden from every sink once they were read', async () => {
    const redactor = new Redactor();
    const loaded = load(siteText, { environment: { ADMIN_PASSWORD: 'hunter2' }, redactor });
    expect(await loaded.resolveSecret(loaded.site.platform.admin.password)).toBe('hunter2');
    expect(redactor.redact('password=hunter2')).toBe('password=[redacted]');
  });
});
