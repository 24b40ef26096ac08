import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { siteParts } from '../../providers/index.ts';
import { parseSite, type LoadedSite } from '../../site/index.ts';
import { writeExample } from '../example-pair.fixture.ts';
import { pairTexts, type PairTexts } from './index.ts';

function load(text: string, file = '/sites/site.yaml'): LoadedSite {
  return parseSite({ file, text, parts: siteParts, environment: {} });
}

function pairFrom(text: string, standbyVIP: string, folder = '/sites'): PairTexts {
  return pairTexts({ site: load(text), standbyVIP, encryptionKey: 'env:KEY', etcdSyncVersion: 'v4.2.2', folder });
}

describe('two site files from one', () => {
  it('keeps host parts in another network and gives the standby side names of its own', () => {
    const { primary, standby } = pairFrom(writeExample('dcs'), '10.99.0.7');
    const [a, b] = [load(primary).site, load(standby).site];
    expect(a.dr).toMatchObject({ role: 'primary', primaryVIP: '10.10.20.10', standbyVIP: '10.99.0.7' });
    expect(b.dr).toMatchObject({ role: 'standby', encryptionKey: 'env:KEY', etcdSyncVersion: 'v4.2.2' });
    expect(b.network).toMatchObject({
      controlPlaneVIP: '10.99.0.7',
      nodes: { cidr: '10.99.0.0/24', gateway: '10.99.0.1', dns: ['10.99.0.2', '10.99.0.3'] },
    });
    expect(b.controlPlane.nodes[0]).toMatchObject({ hostname: 'global-cp-1-standby', ip: '10.99.0.11' });
    expect(b.bootstrap.hostIP).toBe('10.99.0.5');
    expect(b.platform.host).toBe(a.platform.host);
  });

  it('moves machines as far as the VIP inside the same network, and leaves gateway and name servers', () => {
    const { standby } = pairFrom(writeExample('hcs'), '10.50.60.30');
    const { site } = load(standby);
    expect(site.network.nodes).toEqual(load(writeExample('hcs')).site.network.nodes);
    expect(site.controlPlane.nodes.map(({ ip }) => ip)).toEqual(['10.50.60.31', '10.50.60.32', '10.50.60.33']);
    expect(standby).toContain('ips: [10.50.60.121, 10.50.60.122] # derived');
  });

  it('keeps comments and layout, and marks what was derived at the end of its line', () => {
    const text = writeExample('dcs');
    const { primary, standby, derived } = pairFrom(text, '10.10.30.10');
    expect(primary.startsWith(text)).toBe(true);
    const changed = standby.split('\n').filter((line, i) => line !== primary.split('\n')[i]);
    const unmarked = changed.filter((line) => !/[#;] derived$/.test(line));
    expect(unmarked).toEqual(['  role: standby']);
    expect(derived).toContainEqual({ path: 'bootstrap.hostIP', primary: '10.10.20.5', standby: '10.10.30.5' });
  });

  it('gives each side a VM folder and drops the key that the shared one replaces', () => {
    const text = writeExample('vsphere').replace('  datacenter: dc1', '  datacenter: dc1\n  folder: /dc1/vm/global');
    const { primary, standby } = pairFrom(text, '10.30.50.10');
    expect(primary).toContain('folder: /dc1/vm/global/primary # derived');
    expect(standby).toContain('folder: /dc1/vm/global/standby # derived');
    expect(standby).not.toMatch(/^ {2}encryptionKey: file:secrets/m);
  });

  it('leaves the kubeconfig of the primary side to the primary side', () => {
    const { primary, standby } = pairFrom(
      `${writeExample('dcs')}access:\n  kubeconfig: a.kubeconfig\n  proxy: http://p:1\n`,
      '10.10.30.10',
    );
    expect(load(primary).site.access.kubeconfig).toBe('a.kubeconfig');
    expect(load(standby).site.access.kubeconfig).toBeUndefined();
    expect(load(standby).site.access.proxy).toBe('http://p:1');
  });

  it('writes relative paths as they are seen from another folder', () => {
    const text = writeExample('dcs').replace('core: /root/core-package.tar', 'core: core.tar');
    const { standby } = pairFrom(text, '10.10.30.10', '/sites/pairs/a');
    const site = load(standby, '/sites/pairs/a/standby.yaml');
    expect(site.site.platform.admin.password).toBe('file:../../secrets/admin-password');
    expect(site.resolvePath(site.site.packages.core)).toBe(resolve('/sites/core.tar'));
    expect(site.site.dr?.encryptionKey).toBe('env:KEY');
  });

  it('asks for the KIND host that it cannot derive', () => {
    const text = writeExample('dcs').replace('hostIP: 10.10.20.5', 'hostIP: 192.0.2.5');
    expect(() => pairFrom(text, '10.10.30.10')).toThrow(/KIND host 192\.0\.2\.5 is outside the node network/);
    const site = load(text);
    const given = {
      site,
      standbyVIP: '10.10.30.10',
      standbyHostIP: '192.0.2.6',
      encryptionKey: 'env:KEY',
      folder: '/sites',
    };
    expect(load(pairTexts(given).standby).site.bootstrap.hostIP).toBe('192.0.2.6');
  });

  it('refuses a site that is a side already', () => {
    const { primary } = pairFrom(writeExample('dcs'), '10.10.30.10');
    expect(() => pairFrom(primary, '10.10.40.10')).toThrow(/is a side of a pair already/);
  });
});
