import type { SampleSite } from '../../site/index.ts';

/** A small site on DCS in private addresses, for `init` and the examples. Secrets lie in files beside the site. */
export const dcsSample: SampleSite = {
  apiVersion: 'globalctl.dev/v1alpha1',
  kind: 'Site',
  metadata: { name: 'global-dcs' },
  provider: 'dcs',
  bootstrap: { hostIP: '10.10.20.5' },
  platform: { host: 'platform.dcs.example.com', admin: { password: 'file:secrets/admin-password' } },
  versions: {
    platform: 'v4.2.2',
    image: 'MicroOS-5.5-v4.2.2',
    kubernetes: 'v1.33.7-2',
    coredns: '1.12.4-v4.2.7',
    etcd: 'v3.5.25-251215',
    kubeOvn: 'v4.2.24',
    kubeadmProvider: 'v1.0.6',
    infrastructureProvider: 'v1.0.18',
  },
  packages: { core: '/root/core-package.tar' },
  network: {
    controlPlaneVIP: '10.10.20.10',
    nodes: { cidr: '10.10.20.0/24', gateway: '10.10.20.1', dns: ['10.10.20.2', '10.10.20.3'] },
  },
  controlPlane: {
    replicas: 3,
    nodes: [
      { hostname: 'global-cp-1', ip: '10.10.20.11' },
      { hostname: 'global-cp-2', ip: '10.10.20.12' },
      { hostname: 'global-cp-3', ip: '10.10.20.13' },
    ],
    machine: { cpuCores: 8, memoryMB: 16384, datastoreName: 'datastore-ssd-1' },
  },
  workers: [
    {
      name: 'md-0',
      nodes: [
        { hostname: 'global-worker-1', ip: '10.10.20.21' },
        { hostname: 'global-worker-2', ip: '10.10.20.22' },
      ],
      machine: { cpuCores: 16, memoryMB: 32768, datastoreName: 'datastore-ssd-1' },
    },
  ],
  ssh: {
    authorizedKeys: [
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJqAeJq1JKaZulHwEZc+FbnNBuJegZm5i9DS74LzfQ58 demo@globalctl.example',
    ],
  },
  dcs: {
    endpoint: 'https://10.10.10.5:7443',
    site: 'EC1C108C',
    credentials: { username: 'globalctl', password: 'file:secrets/dcs-password' },
    location: { type: 'folder', name: 'global' },
    dvSwitchName: 'dvs-1',
    portGroupName: 'pg-global',
  },
};
