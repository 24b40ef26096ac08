import type { SampleSite } from '../../site/index.ts';

/** A small site on HCS in private addresses, for `init` and the examples. Secrets lie in files beside the site. */
export const hcsSample: SampleSite = {
  apiVersion: 'globalctl.dev/v1alpha1',
  kind: 'Site',
  metadata: { name: 'global-hcs' },
  provider: 'hcs',
  bootstrap: { hostIP: '10.50.60.5' },
  platform: { host: 'platform.hcs.example.com', admin: { password: 'file:secrets/admin-password' } },
  versions: {
    platform: 'v4.2.2',
    image: 'MicroOS-5.5-v4.2.2',
    kubernetes: 'v1.33.7-2',
    coredns: '1.12.4-v4.2.7',
    etcd: 'v3.5.25-251215',
    kubeOvn: 'v4.2.24',
    kubeadmProvider: 'v1.0.6',
    infrastructureProvider: 'v1.0.2',
  },
  packages: { core: '/root/core-package.tar' },
  network: {
    controlPlaneVIP: '10.50.60.10',
    nodes: { cidr: '10.50.60.0/24', gateway: '10.50.60.1', dns: ['10.50.60.2', '10.50.60.3'] },
  },
  controlPlane: {
    replicas: 3,
    nodes: [
      { hostname: 'global-cp-1', ip: '10.50.60.11' },
      { hostname: 'global-cp-2', ip: '10.50.60.12' },
      { hostname: 'global-cp-3', ip: '10.50.60.13' },
    ],
    machine: { flavorName: 's6.2xlarge.2', availabilityZone: 'az1' },
  },
  workers: [
    {
      name: 'md-0',
      nodes: [
        { hostname: 'global-worker-1', ip: '10.50.60.21' },
        { hostname: 'global-worker-2', ip: '10.50.60.22' },
      ],
      machine: { flavorName: 's6.4xlarge.2', availabilityZone: 'az1' },
    },
  ],
  ssh: {
    authorizedKeys: [
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJqAeJq1JKaZulHwEZc+FbnNBuJegZm5i9DS74LzfQ58 demo@globalctl.example',
    ],
  },
  hcs: {
    credentials: {
      accessKey: 'file:secrets/hcs-access-key',
      secretKey: 'file:secrets/hcs-secret-key',
      projectID: '0123456789abcdef0123456789abcdef',
      region: 'region-1',
      externalGlobalDomain: 'hcs.example.com',
    },
    network: { vpc: 'vpc-global', subnets: ['subnet-global'], securityGroup: 'sg-global' },
    loadBalancer: {
      subnetName: 'subnet-global',
      l4: [{ ips: ['10.50.60.101', '10.50.60.102'] }],
      l7: [{ ips: ['10.50.60.103', '10.50.60.104'] }],
    },
  },
};
