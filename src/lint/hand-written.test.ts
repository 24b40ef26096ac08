import { describe, expect, it } from 'vitest';
import { exampleSite, exampleProviders, type ExampleProvider } from '../providers/example-sites.fixture.ts';
import { readManifest, renderSite, writeManifest } from '../manifests/index.ts';
import { lintManifest, viewManifest } from './index.ts';

/** What the rules say of a manifest alone, without a site: nothing is merged and so nothing is put right. */
async function lintText(provider: ExampleProvider, from: string | RegExp = '', to = '') {
  const rendered = await renderSite(exampleSite(provider), { secrets: 'stand-in' });
  const right = writeManifest(rendered.manifest);
  const text = right.replace(from, to);
  if (from !== '' && text === right) throw new Error(`the manifest of ${provider} has no ${String(from)}`);
  const findings = lintManifest(viewManifest(rendered.provider, readManifest('m.yaml', text)));
  const lines = text.split('\n');
  return findings.map(({ code, place }) => ({ code, line: lines[(place?.line ?? 0) - 1]?.trim() }));
}

const slot = (host: string): RegExp => new RegExp(` {4}- (ip: \\S+11|hostname: ${host})\\n( {6}.*\\n)+`);

describe('a manifest without a site', () => {
  it.each(exampleProviders)('of %s, as it is rendered, has no finding', async (provider) => {
    expect(await lintText(provider)).toEqual([]);
  });

  it.each<[string, ExampleProvider, string | RegExp, string, string, string]>([
    [
      'an object twice',
      'dcs',
      /(---\napiVersion: \S+\nkind: DCSCluster[\s\S]*?)(---\n)/,
      '$1$1$2',
      'MANIFEST_DUPLICATE',
      'name: global',
    ],
    ['an endpoint on another port', 'vsphere', 'port: 6443', 'port: 443', 'MANIFEST_ENDPOINT', 'port: 443'],
    [
      'an identity that is no Secret',
      'vsphere',
      'kind: Secret\n    name: global-vsphere',
      'kind: VSphereClusterIdentity\n    name: global-vsphere',
      'MANIFEST_CREDENTIAL',
      'kind: VSphereClusterIdentity',
    ],
    [
      'machines of another cluster',
      'hcs',
      'clusterName: global',
      'clusterName: globl',
      'MANIFEST_REFERENCE_DANGLING',
      'clusterName: globl',
    ],
    [
      'two different hosts of one endpoint',
      'dcs',
      'controlPlaneEndpoint:\n    host: 10.10.20.10',
      'controlPlaneEndpoint:\n    host: 10.10.20.9',
      'MANIFEST_ENDPOINT',
      'host: 10.10.20.9',
    ],
    ['a pool with an entry too few', 'dcs', slot('global-cp-1'), '', 'MANIFEST_POOL_TOO_SMALL', 'pool:'],
    ['a pool of HCS with an entry too few', 'hcs', slot('global-cp-1'), '', 'MANIFEST_POOL_TOO_SMALL', 'configs:'],
    ['overlapping networks', 'dcs', '100.4.0.0/16', '100.3.128.0/17', 'MANIFEST_CIDR_OVERLAP', '- 100.3.128.0/17'],
    [
      'a node inside the Pod network',
      'vsphere',
      '100.3.0.0/16',
      '10.30.0.0/16',
      'MANIFEST_CIDR_OVERLAP',
      'ip: 10.30.40.11/24',
    ],
    ['the VIP on a node', 'dcs', 'ip: 10.10.20.12', 'ip: 10.10.20.10', 'MANIFEST_VIP', '- ip: 10.10.20.10'],
    ['a version without v', 'dcs', 'version: v1.33.7-2', 'version: 1.33.7-2', 'MANIFEST_VERSION', 'version: 1.33.7-2'],
    [
      'workers of another version',
      'hcs',
      /(MachineDeployment[\s\S]*version: )v1.33.7-2/,
      '$1v1.33.6',
      'MANIFEST_VERSION',
      'version: v1.33.6',
    ],
    [
      'a registry address with a path',
      'dcs',
      '10.10.20.5:11443',
      '10.10.20.5:11443/v2/',
      'MANIFEST_REGISTRY_ADDRESS',
      'cpaas.io/registry-address: 10.10.20.5:11443/v2/',
    ],
    [
      'a registry address with a scheme',
      'hcs',
      'registry-address: ',
      'registry-address: https://',
      'MANIFEST_REGISTRY_ADDRESS',
      'cpaas.io/registry-address: https://10.50.60.5:11443',
    ],
    [
      'two nodes with one address',
      'dcs',
      'ip: 10.10.20.12',
      'ip: 10.10.20.11',
      'MANIFEST_DUPLICATE',
      '- ip: 10.10.20.11',
    ],
    [
      'two nodes with one host name',
      'vsphere',
      'hostname: global-cp-2',
      'hostname: global-cp-1',
      'MANIFEST_DUPLICATE',
      '- hostname: global-cp-1',
    ],
    ['an even control plane', 'dcs', 'replicas: 3', 'replicas: 2', 'MANIFEST_REPLICAS', 'replicas: 2'],
    [
      'a certificate that does not name the VIP',
      'dcs',
      '            - 10.10.20.10\n',
      '',
      'MANIFEST_SANS',
      'serverCertSANs:',
    ],
    ['no is-global label', 'hcs', '    is-global: "true"\n', '', 'MANIFEST_CLUSTER_METADATA', 'labels:'],
    [
      'a wrong cluster type',
      'vsphere',
      'cluster-type: VSphere',
      'cluster-type: vsphere',
      'MANIFEST_CLUSTER_METADATA',
      'cluster-type: vsphere',
    ],
    [
      'a preset count of nodes',
      'dcs',
      '  annotations:\n    capi',
      '  annotations:\n    cpaas.io/nodes-number: "5"\n    capi',
      'MANIFEST_CLUSTER_METADATA',
      'cpaas.io/nodes-number: "5"',
    ],
    [
      'an object elsewhere',
      'dcs',
      /(kind: DCSCluster\nmetadata:\n.*\n.*namespace: )cpaas-system/,
      '$1default',
      'MANIFEST_NAMESPACE',
      'namespace: default',
    ],
    [
      'no disk for the platform state',
      'dcs',
      'path: /var/cpaas',
      'path: /var/other',
      'MANIFEST_DISK_MISSING',
      'persistentDisk:',
    ],
    [
      'no etcd disk',
      'dcs',
      'path: /var/lib/etcd',
      'path: /var/lib/other',
      'MANIFEST_DISK_MISSING',
      'dcsMachineDiskSpec:',
    ],
    [
      'an etcd disk that keeps old data',
      'vsphere',
      '          wipeFilesystem: true\n',
      '',
      'MANIFEST_DISK',
      '- name: var-lib-etcd',
    ],
    [
      'two datastores for one disk',
      'dcs',
      '          datastoreName: datastore-ssd-1\n          path: /var/cpaas',
      '          datastoreName: a\n          datastoreClusterName: b\n          path: /var/cpaas',
      'MANIFEST_DISK',
      '- slot: 0',
    ],
    [
      'no key for the user boot',
      'dcs',
      /(users:\n.*\n {8}sshAuthorizedKeys:)\n.*/,
      '$1 []',
      'MANIFEST_SSH_KEYS',
      'users:',
    ],
    [
      'no set that selects the cluster',
      'vsphere',
      'matchLabels:\n      addons',
      'matchLabels:\n      other',
      'MANIFEST_CPI',
      'addons.cluster.x-k8s.io/vsphere-cpi: enabled',
    ],
    [
      'a cloud provider for another vCenter',
      'vsphere',
      '[VirtualCenter "vcenter',
      '[VirtualCenter "other',
      'MANIFEST_CPI',
      'data: |',
    ],
    [
      'no encryption file on vSphere',
      'vsphere',
      'path: /etc/kubernetes/encryption-provider.conf',
      'path: /etc/other',
      'MANIFEST_ENCRYPTION',
      'files:',
    ],
    [
      'a NIC that the template does not have',
      'vsphere',
      /(kind: VSphereMachineTemplate[\s\S]*?devices:\n *- networkName: )\S+/,
      '$1other',
      'MANIFEST_NETWORK',
      'network:',
    ],
    ['an address without prefix', 'vsphere', /ip: (\S+)\/24/, 'ip: $1', 'MANIFEST_NETWORK', 'ip: 10.30.40.11'],
    [
      'a folder elsewhere',
      'vsphere',
      'folder: /dc1/vm/global',
      'folder: /dc1/vm',
      'MANIFEST_VM_FOLDER',
      'folder: /dc1/vm',
    ],
    [
      'a subnet that the cluster does not list',
      'hcs',
      /subnetName: \S+\n( *ipAddress)/,
      'subnetName: elsewhere\n$1',
      'MANIFEST_NETWORK',
      '- subnetName: elsewhere',
    ],
    [
      'three addresses on one side of the ELB',
      'hcs',
      /(elbVirsubnetL4Ips:\n.*\n *ips:\n)( *- )/,
      '$1$210.50.60.77\n$2',
      'MANIFEST_ENDPOINT',
      'ips:',
    ],
    [
      'a NIC with two subnets',
      'hcs',
      /subnetName: (\S+)\n( *)ipAddress/,
      'subnetName: $1\n$2subnetId: id-1\n$2ipAddress',
      'MANIFEST_NETWORK',
      'subnetId: id-1',
    ],
    [
      'two spellings that name two subnets',
      'hcs',
      /subnetName: (\S+)\n( *)ipAddress/,
      'subnetName: $1\n$2subenetName: other\n$2ipAddress',
      'MANIFEST_NETWORK',
      'subenetName: other',
    ],
    [
      'two disks on one SCSI unit',
      'vsphere',
      /(name: var-(?:cpaas|lib-containerd))\n/g,
      '$1\n          unitNumber: 2\n',
      'MANIFEST_DISK',
      'unitNumber: 2',
    ],
    [
      'a gateway with a prefix',
      'vsphere',
      'gateway: 10.30.40.1\n',
      'gateway: 10.30.40.1/24\n',
      'MANIFEST_NETWORK',
      'gateway: 10.30.40.1/24',
    ],
    [
      'a gateway of another subnet',
      'vsphere',
      'gateway: 10.30.40.1\n',
      'gateway: 10.30.41.1\n',
      'MANIFEST_NETWORK',
      'gateway: 10.30.41.1',
    ],
    [
      'a mask that leaves the gateway outside',
      'dcs',
      'mask: 255.255.255.0',
      'mask: 255.255.255.252',
      'MANIFEST_NETWORK',
      'gateway: 10.10.20.1',
    ],
    ['a mask that is none', 'dcs', 'mask: 255.255.255.0', 'mask: 255.0.255.0', 'MANIFEST_NETWORK', 'mask: 255.0.255.0'],
    [
      'a mount path that is not absolute',
      'dcs',
      'path: /var/cpaas',
      'path: var/cpaas',
      'MANIFEST_DISK',
      'path: var/cpaas',
    ],
    [
      'a host name in capitals',
      'hcs',
      'hostname: global-cp-1',
      'hostname: Global-CP-1',
      'MANIFEST_HOSTNAME',
      '- hostname: Global-CP-1',
    ],
    [
      'workers in a zone that is not there',
      'vsphere',
      /(kind: MachineDeployment[\s\S]*? {6}clusterName: global\n)/,
      '$1      failureDomain: global-dz\n',
      'MANIFEST_REFERENCE_DANGLING',
      'failureDomain: global-dz',
    ],
    ['disk slots with a gap', 'hcs', 'slot: 0', 'slot: 2', 'MANIFEST_DISK', 'persistentDisks:'],
    [
      'a disk that is too small',
      'hcs',
      'size: 100\n          type: SSD\n          mountPath: /var/cpaas',
      'size: 5\n          type: SSD\n          mountPath: /var/cpaas',
      'MANIFEST_DISK',
      'size: 5',
    ],
  ])('with %s is refused at its line', async (_name, provider, from, to, code, line) => {
    expect(await lintText(provider, from, to)).toContainEqual(
      expect.objectContaining({ code, line: expect.stringContaining(line) as string }),
    );
  });

  it('without a control plane is refused as incomplete', async () => {
    const codes = (await lintText('dcs', 'kind: KubeadmControlPlane', 'kind: Other')).map(({ code }) => code);
    expect(codes).toContain('MANIFEST_OBJECT_MISSING');
    expect(codes).toContain('MANIFEST_REFERENCE_DANGLING');
  });

  it('that holds nonsense in the place of every list and object is judged, not crashed on', async () => {
    const rendered = await renderSite(exampleSite('vsphere'), { secrets: 'stand-in' });
    for (const nonsense of [null, 7, 'text', [], [null], {}]) {
      const objects = rendered.placed.map((placed) => ({
        ...placed,
        object: { ...placed.object, spec: nonsense, data: nonsense },
      }));
      for (const provider of exampleProviders) {
        const view = viewManifest((await renderSite(exampleSite(provider), { secrets: 'stand-in' })).provider, objects);
        // The references of Cluster are gone with its spec, whatever stands in its place.
        expect(lintManifest(view).map(({ code }) => code)).toContain('MANIFEST_REFERENCE_DANGLING');
      }
    }
  });
});
