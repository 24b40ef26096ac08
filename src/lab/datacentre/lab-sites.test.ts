import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { VmRequest } from '../infrastructure/iaas/index.ts';
import { DataCentre, LabSites } from './index.ts';

let folder: string;
let sites: LabSites;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lab-sites-'));
  sites = await LabSites.start({
    sites: [
      { name: 'east', hostIP: '192.0.2.2', root: join(folder, 'hosts/east') },
      { name: 'west', hostIP: '198.51.100.2', root: join(folder, 'hosts/west') },
    ],
    speed: 500,
    names: new Map([['platform.example.com', '192.0.2.10']]),
    start: ({ name, hostIP, site }) =>
      DataCentre.start({
        site,
        folder: join(folder, name),
        speed: 500,
        seed: 1,
        hostIP,
        programs: [],
        validators: {},
        bootstrapCrds: [],
      }),
  });
});
afterAll(async () => {
  await sites?.stop();
  await rm(folder, { recursive: true, force: true });
});

function request(id: string): VmRequest {
  return {
    id,
    name: id,
    userData: '',
    disks: [],
    createMs: 1000,
    hardware: {
      hostname: id,
      addresses: ['192.0.2.11'],
      mounts: [],
      imageFiles: [],
      kubernetesVersion: '',
      osImage: 'MicroOS',
      cpus: 2,
      memoryGiB: 2,
      images: [],
    },
  };
}

test('each site has its own host, door and private addresses, and sees what is public of the other', async () => {
  const [east, west] = [sites.find('east'), sites.find('west')];
  // setup.sh names a folder and no site.
  for (const name of ['east', 'west']) await sites.bootstrap({ root: join(folder, 'hosts', name) });
  expect(east.proxyUrl).not.toBe(west.proxyUrl);
  for (const [site, other] of [
    [east, west],
    [west, east],
  ] as const) {
    const port = site.bootstrapHost.cluster?.loopbackPort;
    const registry = site.network.resolve(site.bootstrapHost.hostIP, 11443)?.loopbackPort;
    expect(site.network.resolve('127.0.0.1', 11443)).toMatchObject({ loopbackPort: registry, through: ['127.0.0.1'] });
    expect(site.network.resolve('172.18.0.2', 6443)?.loopbackPort).toBe(port);
    expect(other.network.resolve(site.bootstrapHost.hostIP, 6443)).toMatchObject({
      loopbackPort: port,
      link: { from: other.site, to: site.site },
    });
    expect(other.network.resolve('127.0.0.1', 11443)?.loopbackPort).not.toBe(registry);
  }
});

test('a machine that one site orders is seen by the providers of the other, who may delete it', async () => {
  const [east, west] = [sites.find('east'), sites.find('west')];
  const changes: string[] = [];
  const ran = new Promise<void>((resolve) => {
    west.iaas.onChange((vm) => {
      changes.push(vm.state);
      if (vm.state === 'running') resolve();
    });
  });
  east.iaas.createVm(request('vm-1'));
  await ran;
  expect(west.iaas.find('vm-1')).toMatchObject({ name: 'vm-1', state: 'running' });
  const gone = new Promise<void>((resolve) => {
    east.iaas.onChange(() => {
      if (!east.iaas.find('vm-1')) resolve();
    });
  });
  west.iaas.deleteVm('vm-1');
  await gone;
  expect(east.iaas.all()).toEqual([]);
});

test('the same names at both sites do not come to the same identities', () => {
  const [east, west] = [sites.find('east'), sites.find('west')];
  expect(east.random.uuid('vsphere-bios', 'global-cp-1')).not.toBe(west.random.uuid('vsphere-bios', 'global-cp-1'));
});

test('a name is switched for all sites at once', () => {
  const [east, west] = [sites.find('east'), sites.find('west')];
  west.network.setName('platform.example.com', '198.51.100.10');
  expect(east.network.names.get('platform.example.com')).toBe('198.51.100.10');
});

test('a site or a cluster that does not exist is told with those that do', () => {
  expect(() => sites.find(undefined)).toThrowError(
    expect.objectContaining({
      code: 'USAGE',
      details: expect.objectContaining({ expected: 'east or west' }) as unknown,
    }),
  );
  expect(() => sites.find('north')).toThrowError(expect.objectContaining({ code: 'USAGE' }));
  // minialauda is no cluster that machines of the platform have formed.
  expect(() => sites.formedCluster('minialauda', 'east')).toThrowError(expect.objectContaining({ code: 'USAGE' }));
});
