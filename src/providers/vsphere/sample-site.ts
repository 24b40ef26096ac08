import type { SampleSite } from '../../site/index.ts';

/** A small site on vSphere in private addresses, for `init` and the examples. Secrets lie in files beside the site. */
export const vsphereSample: SampleSite = {
  apiVersion: 'globalctl.dev/v1alpha1',
  kind: 'Site',
  metadata: { name: 'global-vsphere' },
  provider: 'vsphere',
  bootstrap: { hostIP: '10.30.40.5' },
  platform: { host: 'platform.vsphere.example.com', admin: { password: 'file:secrets/admin-password' } },
  versions: {
    platform: 'v4.2.2',
    image: 'MicroOS-5.5-v4.2.2',
    kubernetes: 'v1.33.7-2',
    coredns: '1.12.4-v4.2.7',
    etcd: 'v3.5.25-251215',
    kubeOvn: 'v4.2.24',
    kubeadmProvider: 'v1.0.6',
    infrastructureProvider: 'v1.0.13',
  },
  packages: { core: '/root/core-package.tar' },
  network: {
    controlPlaneVIP: '10.30.40.10',
    nodes: { cidr: '10.30.40.0/24', gateway: '10.30.40.1', dns: ['10.30.40.2', '10.30.40.3'] },
  },
  controlPlane: {
    replicas: 3,
    nodes: [
      { hostname: 'global-cp-1', ip: '10.30.40.11' },
      { hostname: 'global-cp-2', ip: '10.30.40.12' },
      { hostname: 'global-cp-3', ip: '10.30.40.13' },
    ],
    machine: { numCPUs: 8, memoryMiB: 16384, datastore: 'datastore-ssd-1' },
  },
  workers: [
    {
      name: 'md-0',
      nodes: [
        { hostname: 'global-worker-1', ip: '10.30.40.21' },
        { hostname: 'global-worker-2', ip: '10.30.40.22' },
      ],
      machine: { numCPUs: 16, memoryMiB: 32768, datastore: 'datastore-ssd-1' },
    },
  ],
  ssh: {
    authorizedKeys: [
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJqAeJq1JKaZulHwEZc+FbnNBuJegZm5i9DS74LzfQ58 demo@globalctl.example',
    ],
  },
  vsphere: {
    server: 'vcenter.example.com',
    thumbprint: 'DE:AD:BE:EF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF',
    credentials: { username: 'globalctl@vsphere.local', password: 'file:secrets/vsphere-password' },
    datacenter: 'dc1',
    networkName: 'pg-global',
    encryptionKey: 'file:secrets/encryption-key',
    cpi: { imageTag: 'v1.33.1-alauda.1' },
  },
};
