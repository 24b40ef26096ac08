import { describe, expect, it } from 'vitest';
import { errorCodes } from '../base/index.ts';
import { exampleProviders, exampleSite, writeBase, type ExampleProvider } from '../providers/example-sites.fixture.ts';
import { renderSite, writeManifest } from '../manifests/index.ts';
import type { Finding } from '../site/index.ts';
import { lintSite } from './index.ts';

interface Mistake {
  readonly provider: ExampleProvider;
  /** The text of the manifest that was written by hand, and what a person made of it. */
  readonly from: string | RegExp;
  readonly to: string;
  readonly code: string;
  /** What stands in the line that the finding points at; the changed text when absent. */
  readonly at?: string;
  readonly changes?: Record<string, unknown>;
}

/** The findings about a manifest with one mistake in it, and the text that they point into. */
async function lintMistake({
  provider,
  from,
  to,
  changes = {},
}: Mistake): Promise<{ findings: readonly Finding[]; text: string }> {
  const right = writeManifest((await renderSite(exampleSite(provider, changes))).manifest);
  const text = right.replace(from, to);
  if (text === right) throw new Error(`the manifest of ${provider} has no ${String(from)}`);
  const loaded = exampleSite(provider, { ...changes, manifest: { base: await writeBase(text) } });
  return { findings: (await lintSite(loaded)).findings, text };
}

const mistakes: Record<string, Mistake> = {
  'a Cluster with another name': {
    provider: 'hcs',
    from: 'kind: Cluster\nmetadata:\n  name: global\n',
    to: 'kind: Cluster\nmetadata:\n  name: production\n',
    code: 'MANIFEST_NAME_GLOBAL',
    at: 'name: production',
  },
  'an infra cluster with another name': {
    provider: 'hcs',
    from: /kind: HCSCluster\nmetadata:\n {2}name: global\n/,
    to: 'kind: HCSCluster\nmetadata:\n  name: global-hcs\n',
    code: 'MANIFEST_NAME_GLOBAL',
    at: 'name: global-hcs',
  },
  'a control plane without the prefix': {
    provider: 'dcs',
    from: /name: global-kcp/g,
    to: 'name: kcp',
    code: 'MANIFEST_NAME_PREFIX',
    at: 'name: kcp',
  },
  'a pool without the prefix, referred to by that name': {
    provider: 'vsphere',
    from: /name: global-cp-pool/g,
    to: 'name: cp-pool',
    code: 'MANIFEST_NAME_PREFIX',
    at: 'name: cp-pool',
  },
  'a reference that leads nowhere': {
    provider: 'dcs',
    from: 'kind: DCSMachineTemplate\n      name: global-master-template',
    to: 'kind: DCSMachineTemplate\n      name: global-master-tmplate',
    code: 'MANIFEST_REFERENCE_DANGLING',
    at: 'name: global-master-tmplate',
  },
  'a template whose pool is called otherwise': {
    provider: 'hcs',
    from: 'configPoolRef:\n        name: global-worker-pool',
    to: 'configPoolRef:\n        name: global-workers-pool',
    code: 'MANIFEST_REFERENCE_DANGLING',
    at: 'name: global-workers-pool',
  },
  'cloud-init on DCS': {
    provider: 'dcs',
    from: 'format: ignition',
    to: 'format: cloud-init',
    code: 'MANIFEST_FORMAT',
  },
  'ignition on vSphere': {
    provider: 'vsphere',
    from: 'format: cloud-config',
    to: 'format: ignition',
    code: 'MANIFEST_FORMAT',
  },
  'ignition for the workers of HCS': {
    provider: 'hcs',
    from: /(kind: KubeadmConfigTemplate[\s\S]*?)format: cloud-config/,
    to: '$1format: ignition',
    code: 'MANIFEST_FORMAT',
    at: 'format: ignition',
  },
  'a surge with persistent disks': {
    provider: 'dcs',
    from: 'maxSurge: 0',
    to: 'maxSurge: 1',
    code: 'MANIFEST_SURGE',
  },
  'a deployment with a surge': {
    provider: 'hcs',
    from: 'maxSurge: 0\n      maxUnavailable: 1',
    to: 'maxSurge: 1\n      maxUnavailable: 0',
    code: 'MANIFEST_SURGE',
    at: 'maxSurge: 1',
  },
  'neither surge nor absence': {
    provider: 'vsphere',
    from: 'maxUnavailable: 1',
    to: 'maxUnavailable: 0',
    code: 'MANIFEST_SURGE',
  },
  'a registry address with a path on another object': {
    provider: 'dcs',
    from: 'kind: DCSCluster\nmetadata:\n',
    to: 'kind: DCSCluster\nmetadata:\n  annotations:\n    cpaas.io/registry-address: 10.10.20.5:11443/v2/\n',
    code: 'MANIFEST_REGISTRY_ADDRESS',
    at: 'cpaas.io/registry-address: 10.10.20.5:11443/v2/',
  },
  'a magic token that was filled in': {
    provider: 'dcs',
    from: /(joinConfiguration:[\s\S]*?)provider-id: PROVIDER_ID/,
    to: '$1provider-id: dcs://global-cp-1',
    code: 'MANIFEST_TOKEN',
    at: 'provider-id: dcs://global-cp-1',
  },
  'a node name in the place of the cloud-init word': {
    provider: 'vsphere',
    from: 'name: "{{ local_hostname }}"',
    to: 'name: global-cp-1',
    code: 'MANIFEST_TOKEN',
  },
  'words of DCS on HCS': {
    provider: 'hcs',
    from: 'kubeletExtraArgs:\n',
    to: 'kubeletExtraArgs:\n          node-ip: NODE_IP\n',
    code: 'MANIFEST_TOKEN',
    at: 'node-ip: NODE_IP',
  },
  'an encryption file on DCS': {
    provider: 'dcs',
    from: '    files:\n',
    to: '    files:\n      - path: /etc/kubernetes/encryption-provider.conf\n        content: x\n',
    code: 'MANIFEST_ENCRYPTION',
    at: 'path: /etc/kubernetes/encryption-provider.conf',
  },
  'an encryption file in a normal HCS install': {
    provider: 'hcs',
    from: '    files:\n',
    to: '    files:\n      - path: /etc/kubernetes/encryption-provider.conf\n        content: x\n',
    code: 'MANIFEST_ENCRYPTION',
    at: 'path: /etc/kubernetes/encryption-provider.conf',
  },
  'a reference to an encryption Secret without disaster recovery': {
    provider: 'dcs',
    from: '  credentialSecretRef:',
    to: '  encryptionProviderConfigRef:\n    name: encryption-provider-config\n  credentialSecretRef:',
    code: 'MANIFEST_ENCRYPTION',
    at: 'name: encryption-provider-config',
  },
  'a mount path in template and pool': {
    provider: 'dcs',
    from: '          - quantity: 10\n',
    to: '          - quantity: 20\n            path: /var/cpaas\n            datastoreName: d\n          - quantity: 10\n',
    code: 'MANIFEST_DISK_TWICE',
    at: 'quantity: 20',
  },
  'a provider ID in a template': {
    provider: 'vsphere',
    from: '      cloneMode:',
    to: '      providerID: vsphere://1\n      cloneMode:',
    code: 'MANIFEST_RUNTIME_FIELD',
    at: 'providerID: vsphere://1',
  },
  'arguments without their volume': {
    provider: 'dcs',
    from: 'mountPath: /etc/kubernetes\n',
    to: 'mountPath: /etc/other\n',
    code: 'MANIFEST_KUBEADM_VOLUME',
    at: 'extraVolumes:',
  },
  'an internal load balancer': {
    provider: 'dcs',
    from: 'type: external',
    to: 'type: internal',
    code: 'MANIFEST_ENDPOINT',
  },
  'an endpoint on HCS': {
    provider: 'hcs',
    from: '  networkType: kube-ovn\n',
    to: '  networkType: kube-ovn\n  controlPlaneEndpoint: {}\n',
    code: 'MANIFEST_ENDPOINT',
    at: 'controlPlaneEndpoint: {}',
  },
  'a placeholder': {
    provider: 'dcs',
    from: 'imageRepository: cloud.alauda.io/alauda',
    to: 'imageRepository: <image-repository>',
    code: 'MANIFEST_PLACEHOLDER',
  },
  'an unknown variable': {
    provider: 'dcs',
    from: 'imageRepository: cloud.alauda.io/alauda',
    to: 'imageRepository: ${IMAGE_REPOSITORY}',
    code: 'MANIFEST_PLACEHOLDER',
  },
  'another namespace': {
    provider: 'vsphere',
    from: /(kind: ClusterResourceSet\nmetadata:\n {2}name: \S+\n {2}namespace: )cpaas-system/,
    to: '$1kube-system',
    code: 'MANIFEST_CPI',
    at: 'namespace: kube-system',
  },
  'a credential Secret with another name': {
    provider: 'vsphere',
    from: /global-vsphere-credentials/g,
    to: 'vcenter-login',
    code: 'MANIFEST_CREDENTIAL',
    at: 'name: vcenter-login',
  },
  'a pool for two': {
    provider: 'vsphere',
    from: /(machineConfigPoolRef:\n.*\n.*\n\s+name: )global-worker-pool/,
    to: '$1global-cp-pool',
    code: 'MANIFEST_POOL_CONSUMERS',
    at: 'name: global-cp-pool',
  },
  'an etcd disk that is not wiped': {
    provider: 'vsphere',
    from: 'fsFormat: ext4\n          wipeFilesystem: true',
    to: 'fsFormat: ext4\n          wipeFilesystem: false',
    code: 'MANIFEST_DISK',
    at: 'wipeFilesystem: false',
    changes: { manifest: undefined },
  },
  'no set that selects the cluster': {
    provider: 'vsphere',
    from: /matchLabels:\n {6}addons.cluster.x-k8s.io\/vsphere-cpi: enabled/,
    to: 'matchLabels:\n      other: enabled',
    code: 'MANIFEST_CPI',
    at: 'addons.cluster.x-k8s.io/vsphere-cpi: enabled',
  },
  'a duration where the schema wants a number': {
    provider: 'hcs',
    from: 'maxSurge: 0\n      maxUnavailable: 1',
    to: 'maxSurge: 0\n      maxUnavailable: 1\n  minReadySeconds: 10s',
    code: 'LINT_SCHEMA',
    at: 'minReadySeconds: 10s',
  },
  'two users without a key': {
    provider: 'dcs',
    from: /users:\n {6}- name: boot\n {8}sshAuthorizedKeys:\n/,
    to: 'users:\n      - name: other\n        sshAuthorizedKeys:\n',
    code: 'MANIFEST_SSH_KEYS',
  },
};

// Merging cures these by itself: what the site owns takes the place of what was written.
const cured = new Set(['an etcd disk that is not wiped', 'two users without a key']);

describe('a mistake in a manifest that was written by hand', () => {
  it.each(Object.entries(mistakes).filter(([name]) => !cured.has(name)))(
    '%s is refused with its code, its line and a cure',
    async (_name, mistake) => {
      const { findings, text } = await lintMistake(mistake);
      const found = findings.filter(({ code, severity }) => code === mistake.code && severity === 'error');
      expect(findings.map(({ code }) => code)).toContain(mistake.code);
      const lines = text.split('\n');
      const pointed = found.map(({ place }) => lines[(place?.line ?? 0) - 1]?.trim().replace(/^- /, ''));
      expect(pointed).toContain(mistake.at ?? mistake.to);
      for (const { code, snippet } of found) {
        expect(errorCodes[code].cure).not.toBe('');
        expect(snippet).toContain('^');
      }
    },
  );

  it.each([...cured])('%s is put right by merging and not refused', async (name) => {
    const mistake = mistakes[name];
    if (!mistake) throw new Error(name);
    const { findings } = await lintMistake(mistake);
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});

describe('an example', () => {
  it.each(exampleProviders)('of %s has no finding', async (provider) => {
    expect((await lintSite(exampleSite(provider))).findings).toEqual([]);
  });

  it.each(exampleProviders)('of %s with disaster recovery has no finding', async (provider) => {
    const primaryVIP = exampleSite(provider).site.network.controlPlaneVIP;
    const encryptionKey = 'file:../vsphere/secrets/encryption-key';
    const dr = { role: 'primary', primaryVIP, standbyVIP: '10.99.0.10', encryptionKey };
    expect((await lintSite(exampleSite(provider, { dr }))).findings).toEqual([]);
  });
});

describe('a mistake in a site file that only its provider knows', () => {
  it.each<[string, ExampleProvider, Record<string, unknown>, string, string]>([
    [
      'two datastores',
      'dcs',
      { controlPlane: { machine: { datastoreClusterName: 'all' } } },
      'SITE_DATASTORE',
      'controlPlane.machine',
    ],
    ['no encryption key', 'vsphere', { vsphere: { encryptionKey: undefined } }, 'SITE_ENCRYPTION_KEY', 'vsphere'],
    [
      'a provider too old for its disks',
      'dcs',
      { versions: { infrastructureProvider: 'v1.0.15' } },
      'SITE_PROVIDER_VERSION',
      'versions.infrastructureProvider',
    ],
    [
      'a provider too old for its pool',
      'vsphere',
      { versions: { infrastructureProvider: 'v1.0.4' } },
      'SITE_PROVIDER_VERSION',
      'versions.infrastructureProvider',
    ],
    ['a folder elsewhere', 'vsphere', { vsphere: { folder: '/dc1/vm/workload' } }, 'SITE_VM_FOLDER', 'vsphere.folder'],
    [
      'a datacenter that the cloud provider does not know',
      'vsphere',
      { vsphere: { cpi: { datacenters: ['dc2'] } } },
      'SITE_REFERENCE',
      'vsphere.cpi.datacenters',
    ],
    [
      'a subnet that is not listed',
      'hcs',
      { hcs: { loadBalancer: { subnetName: 'elsewhere' } } },
      'SITE_REFERENCE',
      'hcs.loadBalancer.subnetName',
    ],
    [
      'disk slots with a gap',
      'hcs',
      { controlPlane: { machine: { persistentDisks: [{ slot: 1, sizeGB: 100, mountPath: '/var/cpaas' }] } } },
      'SITE_DISK_SLOTS',
      'controlPlane.machine.persistentDisks',
    ],
  ])('%s is refused at its field', async (_name, provider, changes, code, path) => {
    const { findings } = await lintSite(exampleSite(provider, changes));
    expect(findings).toContainEqual(expect.objectContaining({ code, path, severity: 'error' }));
    expect(findings.find((finding) => finding.code === code)?.snippet).toContain('^');
  });

  it('that the checks of every site find is not said again of its manifest', async () => {
    const { controlPlaneVIP } = exampleSite('dcs').site.network;
    const nodes = [1, 2, 3].map((n) => ({
      hostname: `cp-${String(n)}`,
      ip: n === 1 ? controlPlaneVIP : '10.10.20.12',
    }));
    const { findings } = await lintSite(exampleSite('dcs', { controlPlane: { nodes } }));
    expect(findings).toEqual([]);
  });

  it.each(['cp', 'master'])('a worker pool %s, whose objects would be named like those of others', async (name) => {
    const [pool] = exampleSite('dcs').site.workers;
    const loaded = exampleSite('dcs', { workers: [{ ...pool, name }] });
    const twice = (await lintSite(loaded)).findings.filter(({ code }) => code === 'MANIFEST_DUPLICATE');
    expect(twice.map(({ severity, place }) => ({ severity, place }))).toEqual([
      { severity: 'error', place: loaded.placeOf(name === 'cp' ? 'workers[0].nodes' : 'workers[0].machine') },
    ]);
    expect(twice[0]?.hint).toContain('worker pool');
  });

  it('a template without the etcd disk is refused at the machine of the site', async () => {
    const disks = [{ path: '/var/lib/kubelet', quantityGB: 100 }];
    const loaded = exampleSite('dcs', { controlPlane: { machine: { disks } } });
    const { findings } = await lintSite(loaded);
    const missing = findings.filter(({ code }) => code === 'MANIFEST_DISK_MISSING');
    expect(missing.map(({ message }) => message)).toEqual([
      'no disk is mounted at /var/lib/etcd',
      'no disk is mounted at /var/lib/containerd',
    ]);
    expect(missing[0]?.place).toEqual(loaded.placeOf('controlPlane.machine'));
  });
});

describe('the rules', () => {
  it('do not compare every node with every other: reads grow with the nodes, not with their square', async () => {
    const nodes = (count: number) =>
      Array.from({ length: count }, (_, index) => ({
        hostname: `n-${String(index)}`,
        ip: `10.10.${String(100 + (index >> 8))}.${String(index & 255)}`,
      }));
    const reads = async (count: number): Promise<number> => {
      const site = exampleSite('dcs').site;
      const worker = {
        ...(JSON.parse(JSON.stringify(site.workers[0])) as object),
        nodes: nodes(count),
        replicas: count,
      };
      const { rendered } = await lintSite(exampleSite('dcs', { workers: [worker] }));
      const { lintManifest, viewManifest } = await import('./index.ts');
      let seen = 0;
      const placed = rendered.placed.map((item) => ({ ...item, object: counting(item.object, () => seen++) }));
      lintManifest(viewManifest(rendered.provider, placed, exampleSite('dcs').site));
      return seen;
    };
    expect((await reads(400)) / (await reads(100))).toBeLessThan(5);
  });
});

/** The object, with every read of a property counted. */
function counting<T extends object>(target: T, count: () => void): T {
  return new Proxy(target, {
    get(object, key, receiver) {
      count();
      const value: unknown = Reflect.get(object, key, receiver);
      return typeof value === 'object' && value !== null ? counting(value, count) : value;
    },
  });
}
