import { describe, expect, it } from 'vitest';
import type { BootData } from './boot-data.ts';
import type { GuestHardware } from './guest-hardware.ts';
import type { InitConfiguration } from './kubeadm-configuration.ts';
import { apiServerFault, kubeletFault } from './node-checks.ts';

const hardware: GuestHardware = {
  hostname: 'cp-1',
  addresses: ['10.0.0.11'],
  mounts: [],
  imageFiles: [],
  kubernetesVersion: 'v1.33.7',
  osImage: 'MicroOS',
  cpus: 4,
  memoryGiB: 8,
  images: [],
};
const noData: BootData = { format: 'ignition', files: new Map(), commands: [], users: [] };

function init(args: Record<string, string>, volumes: InitConfiguration['apiServerVolumes']): InitConfiguration {
  return {
    action: 'init',
    clusterName: 'global',
    kubernetesVersion: 'v1.33.7',
    controlPlaneEndpoint: '10.0.0.10:6443',
    podSubnet: '',
    serviceSubnet: '',
    apiServerArgs: args,
    apiServerVolumes: volumes,
    apiServerSans: [],
    etcdServerSans: [],
    node: { kubeletArgs: {} },
  };
}

describe('The API server of a first node', () => {
  const policy = { 'audit-policy-file': '/etc/kubernetes/audit/policy.yaml' };
  const volume = { hostPath: '/etc/kubernetes', mountPath: '/etc/kubernetes' };
  const files = new Set(['/etc/kubernetes/audit/policy.yaml']);

  it('starts when each file that an argument names is on the node and its folder is mounted', () => {
    expect(apiServerFault(init(policy, [volume]), files)).toBeUndefined();
  });

  it('does not start when the volume is left out, although the file is there', () => {
    expect(apiServerFault(init(policy, []), files)).toContain('open /etc/kubernetes/audit/policy.yaml: no such file');
  });

  it('does not start when the encryption argument stands without its file', () => {
    const args = { 'encryption-provider-config': '/etc/kubernetes/encryption-provider.conf' };
    expect(apiServerFault(init(args, [volume]), files)).toContain('--encryption-provider-config');
  });
});

describe('The kubelet', () => {
  const fault = (kubeletArgs: Record<string, string>, data = noData): string | undefined =>
    kubeletFault({ kubeletArgs }, hardware, new Set(), data);

  it("takes one of the machine's own addresses", () => {
    expect(fault({ 'node-ip': '10.0.0.11' })).toBeUndefined();
  });

  it('refuses a token that was quoted or left in place, and an address of another machine', () => {
    expect(fault({ 'node-ip': '"10.0.0.11"' })).toContain('bad --node-ip');
    expect(fault({ 'node-ip': 'NODE_IP' })).toContain('bad --node-ip "NODE_IP"');
    expect(fault({ 'node-ip': '10.0.0.99' })).toContain('not found in the host');
  });

  it('needs the certificate pair that its patch names', () => {
    const path = '/etc/kubernetes/patches/kubeletconfiguration0+strategic.json';
    const content = JSON.stringify({ tlsCertFile: '/etc/kubernetes/pki/kubelet.crt' });
    const data = { ...noData, files: new Map([[path, { content, permissions: '0644' }]]) };
    expect(fault({}, data)).toContain('/etc/kubernetes/pki/kubelet.crt');
  });
});
