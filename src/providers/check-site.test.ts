import { describe, expect, it } from 'vitest';
import { exampleSite, type ExampleProvider } from './example-sites.fixture.ts';
import { providerOf } from './index.ts';

type Changes = Record<string, unknown>;

/** What the provider says of its example with values merged in: `severity CODE path`. */
function findings(provider: ExampleProvider, changes: Changes): string[] {
  const { site } = exampleSite(provider, changes);
  return providerOf(site)
    .checkSite(site)
    .map(({ severity, code, path }) => `${severity} ${code} ${path}`);
}

/** The worker nodes of an example, the first two with these further fields. */
function workers(provider: ExampleProvider, first: Changes, second: Changes = {}, machine: Changes = {}): Changes {
  const [pool] = exampleSite(provider).site.workers;
  const more = [first, second];
  const nodes = pool?.nodes.map(({ hostname, ip }, index) => ({ hostname, ip, ...more[index] }));
  return { workers: [{ name: 'md-0', nodes, machine: { ...(pool?.machine as object), ...machine } }] };
}

const dcsNic = (ip: string) => ({
  additionalNics: [{ ip, mask: '255.255.255.0', dvSwitchName: 'dvs-2', portGroupName: 'pg-2' }],
});
const vsphereNic = { additionalNics: [{ networkName: 'pg-2' }] };
const domain = (more: Changes = {}) => ({
  failureDomains: [
    {
      name: 'global-fd-1',
      region: 'region-1',
      zone: 'zone-1',
      datacenter: 'dc1',
      computeCluster: 'cluster-1',
      datastore: 'datastore-1',
      networks: ['pg-global'],
      ...more,
    },
  ],
});
const disk = (mountPath: string, sizeGiB: number) => ({ name: 'a-disk', mountPath, sizeGiB });

describe('the check of a provider refuses', () => {
  it.each<[string, ExampleProvider, Changes, string[]]>([
    [
      'an image that is too old for the provider, with a warning',
      'dcs',
      { versions: { infrastructureProvider: 'v1.0.21' } },
      ['warning SITE_PROVIDER_VERSION versions.infrastructureProvider'],
    ],
    [
      'an image that is too new for the provider',
      'dcs',
      { versions: { platform: 'v4.3.2' } },
      ['error SITE_PROVIDER_VERSION versions.infrastructureProvider'],
    ],
    [
      'two VMs with one name',
      'dcs',
      workers('dcs', { machineName: 'vm-1' }, { machineName: 'vm-1' }),
      ['error SITE_DUPLICATE_NAME workers[0].nodes[1].machineName'],
    ],
    [
      'a VM with the name that another takes from its host',
      'dcs',
      workers('dcs', { machineName: 'global-cp-2' }),
      ['error SITE_DUPLICATE_NAME workers[0].nodes[0].machineName'],
    ],
    [
      'a further NIC with the address of its node',
      'dcs',
      workers('dcs', dcsNic('10.10.20.21')),
      ['error SITE_ADDRESS_CONFLICT workers[0].nodes[0].additionalNics[0].ip'],
    ],
    [
      'two further NICs with one address',
      'dcs',
      workers('dcs', dcsNic('10.11.0.1'), dcsNic('10.11.0.1')),
      ['error SITE_ADDRESS_CONFLICT workers[0].nodes[1].additionalNics[0].ip'],
    ],
    [
      'a further NIC with the VIP',
      'hcs',
      workers('hcs', { additionalNics: [{ subnetName: 'subnet-global', ip: '10.50.60.10' }] }),
      ['error SITE_ADDRESS_CONFLICT workers[0].nodes[0].additionalNics[0].ip'],
    ],
    [
      'a further NIC with an address of the ELB',
      'hcs',
      workers('hcs', { additionalNics: [{ subnetName: 'subnet-global', ip: '10.50.60.101' }] }),
      ['error SITE_ADDRESS_CONFLICT hcs.loadBalancer.l4[0].ips[0]'],
    ],
    [
      'a VIP outside of the subnet of the ELB',
      'hcs',
      { network: { controlPlaneVIP: '10.50.61.10' } },
      ['error SITE_ADDRESS_OUTSIDE network.controlPlaneVIP'],
    ],
    [
      'workers in a failure domain that is not there',
      'vsphere',
      workers('vsphere', {}, {}, { failureDomain: 'global-fd-2' }),
      ['error SITE_REFERENCE workers[0].machine.failureDomain'],
    ],
    [
      'workers in a failure domain where they have no slot',
      'vsphere',
      {
        vsphere: domain({ datacenter: 'dc2' }),
        ...workers('vsphere', {}, {}, { failureDomain: 'global-fd-1' }),
      },
      ['error SITE_REFERENCE workers[0].machine.failureDomain'],
    ],
    [
      'a failure domain with other networks than the NICs',
      'vsphere',
      { vsphere: domain({ networks: ['pg-2'] }) },
      ['error SITE_NICS vsphere.failureDomains[0].networks'],
    ],
    [
      "the folder of the pair's other side",
      'vsphere',
      {
        vsphere: { folder: '/dc1/vm/global/standby' },
        dr: { role: 'primary', primaryVIP: '10.30.40.10', standbyVIP: '10.99.0.10', encryptionKey: 'env:KEY' },
      },
      ['error SITE_VM_FOLDER vsphere.folder'],
    ],
    [
      'a required disk below the least size, with a warning',
      'vsphere',
      workers('vsphere', {}, {}, { persistentDisks: [disk('/var/cpaas', 99), disk('/data', 5)] }),
      ['warning SITE_DISK_SIZE workers[0].machine.persistentDisks[0].sizeGiB'],
    ],
  ])('%s (%s)', (_name, provider, changes, expected) => {
    expect(findings(provider, changes)).toEqual(expected);
  });
});

describe('the check of a provider accepts', () => {
  it.each<[string, ExampleProvider, Changes]>([
    ['VMs with names of their own', 'dcs', workers('dcs', { machineName: 'vm-1' }, { machineName: 'vm-2' })],
    ['further NICs with addresses of their own', 'dcs', workers('dcs', dcsNic('10.11.0.1'), dcsNic('10.11.0.2'))],
    [
      'a failure domain that fits, further NICs included',
      'vsphere',
      {
        vsphere: domain({ networks: ['pg-global', 'pg-2'] }),
        ...workers('vsphere', vsphereNic, vsphereNic, { failureDomain: 'global-fd-1' }),
        controlPlane: {
          nodes: exampleSite('vsphere').site.controlPlane.nodes.map(({ hostname, ip }) => ({
            hostname,
            ip,
            ...vsphereNic,
          })),
        },
      },
    ],
    [
      'a VIP in a subnet of the ELB that is not that of the nodes',
      'hcs',
      {
        network: { controlPlaneVIP: '10.50.61.10' },
        hcs: { network: { subnets: ['subnet-global', 'subnet-elb'] }, loadBalancer: { subnetName: 'subnet-elb' } },
      },
    ],
  ])('%s (%s)', (_name, provider, changes) => {
    expect(findings(provider, changes)).toEqual([]);
  });
});
