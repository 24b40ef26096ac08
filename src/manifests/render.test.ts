import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { isGlobalctlError } from '../base/index.ts';
import { fieldAt } from '../kube/index.ts';
import { exampleProviders, exampleSite, objectOf } from '../providers/example-sites.fixture.ts';
import { renderSite, type RenderedSite } from './index.ts';

const sequence = ({ manifest }: RenderedSite): string[] =>
  manifest.map(({ kind, metadata }) => `${kind}/${String(metadata.name)}`);

const kcpFiles = (rendered: RenderedSite): string[] =>
  (
    fieldAt(objectOf(rendered.manifest, 'KubeadmControlPlane', 'global-kcp'), 'spec', 'kubeadmConfigSpec', 'files') as {
      path: string;
    }[]
  ).map(({ path }) => path);

const sansOf = (rendered: RenderedSite): unknown =>
  fieldAt(
    objectOf(rendered.manifest, 'KubeadmControlPlane', 'global-kcp'),
    ...['spec', 'kubeadmConfigSpec', 'clusterConfiguration', 'etcd', 'local', 'serverCertSANs'],
  );

const encryptionFile = '/etc/kubernetes/encryption-provider.conf';

const drBlock = (vip: string) => ({
  dr: {
    role: 'primary',
    primaryVIP: vip,
    standbyVIP: '10.99.0.10',
    encryptionKey: 'file:../vsphere/secrets/encryption-key',
  },
});

describe('the manifest of an example', () => {
  it('for DCS has every object in the order of the page', async () => {
    expect(sequence(await renderSite(exampleSite('dcs')))).toEqual([
      'Secret/global-dcs-credentials',
      'DCSIpHostnamePool/global-cp-pool',
      'DCSMachineTemplate/global-master-template',
      'KubeadmControlPlane/global-kcp',
      'DCSCluster/global',
      'Cluster/global',
      'DCSIpHostnamePool/global-worker-pool',
      'DCSMachineTemplate/global-worker-template',
      'KubeadmConfigTemplate/global-worker-kct',
      'MachineDeployment/global-md-0',
    ]);
  });

  it('for vSphere has the cloud provider between cluster and pools', async () => {
    expect(sequence(await renderSite(exampleSite('vsphere')))).toEqual([
      'Secret/global-vsphere-credentials',
      'Cluster/global',
      'VSphereCluster/global',
      'ConfigMap/global-vsphere-cpi-config',
      'Secret/global-vsphere-cpi-secret',
      'ConfigMap/global-vsphere-cpi-manifests',
      'ClusterResourceSet/global-vsphere-cpi',
      'VSphereMachineConfigPool/global-cp-pool',
      'VSphereMachineTemplate/global-master-machine-template',
      'KubeadmControlPlane/global-kcp',
      'VSphereMachineConfigPool/global-worker-pool',
      'VSphereMachineTemplate/global-worker',
      'KubeadmConfigTemplate/global-worker-bootstrap',
      'MachineDeployment/global-md-0',
    ]);
  });

  it('for HCS has every object in the order of the page, and no endpoint of its own', async () => {
    const rendered = await renderSite(exampleSite('hcs'));
    expect(sequence(rendered)).toEqual([
      'Secret/global-secret',
      'HCSMachineConfigPool/global-cp-pool',
      'HCSMachineTemplate/global-master-machine-template',
      'KubeadmControlPlane/global-kcp',
      'HCSCluster/global',
      'Cluster/global',
      'HCSMachineConfigPool/global-worker-pool',
      'HCSMachineTemplate/global-worker-template',
      'KubeadmConfigTemplate/global-worker-kct',
      'MachineDeployment/global-md-0',
    ]);
    expect(objectOf(rendered.manifest, 'HCSCluster', 'global')['spec']).not.toHaveProperty('controlPlaneEndpoint');
  });

  it.each(exampleProviders)('for %s is the same text after being read again', async (provider) => {
    const rendered = await renderSite(exampleSite(provider));
    const file = rendered.files.find(({ path }) => path.endsWith('new-global.yaml'));
    const read = parseAllDocuments(file?.content ?? '').map((document) => document.toJS() as unknown);
    expect(read).toEqual(JSON.parse(JSON.stringify(rendered.manifest)));
  });

  it.each(exampleProviders)(
    'for %s reads the same by the rules of YAML 1.1, which kubectl follows',
    async (provider) => {
      const rendered = await renderSite(exampleSite(provider));
      for (const { path, content } of rendered.files.filter(({ path }) => path.endsWith('.yaml'))) {
        const modern = parseAllDocuments(content).map((document) => document.toJS() as unknown);
        const old = parseAllDocuments(content, { version: '1.1' }).map((document) => document.toJS() as unknown);
        expect(old, path).toEqual(modern);
      }
    },
  );

  it('names every worker pool after itself, so that adding one renames none', async () => {
    const site = exampleSite('dcs').site;
    const first = site.workers[0];
    const workers = [
      { ...first, name: 'infra', nodes: [{ hostname: 'infra-1', ip: '10.10.20.31' }], replicas: 1 },
      { ...first, replicas: undefined },
    ];
    const rendered = await renderSite(exampleSite('dcs', { workers: JSON.parse(JSON.stringify(workers)) as unknown }));
    expect(sequence(rendered).slice(6)).toEqual([
      'DCSIpHostnamePool/global-infra-pool',
      'DCSMachineTemplate/global-infra-template',
      'KubeadmConfigTemplate/global-infra-config',
      'MachineDeployment/global-infra',
      'DCSIpHostnamePool/global-worker-pool',
      'DCSMachineTemplate/global-worker-template',
      'KubeadmConfigTemplate/global-worker-kct',
      'MachineDeployment/global-md-0',
    ]);
  });
});

describe('facts of the reference', () => {
  it('DCS carries seven annotations, ignition, the two words and no encryption file', async () => {
    const rendered = await renderSite(exampleSite('dcs'));
    const cluster = objectOf(rendered.manifest, 'Cluster', 'global');
    expect(Object.keys(cluster.metadata.annotations ?? {})).toEqual([
      'capi.cpaas.io/resource-group-version',
      'capi.cpaas.io/resource-kind',
      'capi.cpaas.io/kubernetes',
      'cpaas.io/kube-ovn-join-cidr',
      'cpaas.io/kube-ovn-version',
      'cpaas.io/nodes-mode',
      'cpaas.io/registry-address',
    ]);
    const text = rendered.files.find(({ path }) => path.endsWith('new-global.yaml'))?.content ?? '';
    expect(text).toMatch(/^\s+provider-id: PROVIDER_ID$/m);
    expect(text).toMatch(/^\s+node-ip: NODE_IP$/m);
    expect(kcpFiles(rendered)).not.toContain(encryptionFile);
    expect(objectOf(rendered.manifest, 'DCSCluster', 'global')['spec']).not.toHaveProperty(
      'encryptionProviderConfigRef',
    );
  });

  it.each(['vsphere', 'hcs'] as const)(
    '%s writes cloud-config where the guide has cloud-init, and says why',
    async (provider) => {
      const rendered = await renderSite(exampleSite(provider));
      const controlPlane = objectOf(rendered.manifest, 'KubeadmControlPlane', 'global-kcp');
      expect(fieldAt(controlPlane, 'spec', 'kubeadmConfigSpec', 'format')).toBe('cloud-config');
      expect(rendered.notes.find(({ topic }) => topic === 'Bootstrap format')?.text).toContain('cloud-init');
    },
  );

  it.each<[(typeof exampleProviders)[number], Record<string, unknown>, string, string]>([
    ['dcs', {}, 'CoreDNS', 'skips CoreDNS by an annotation'],
    ['dcs', drBlock('10.10.20.10'), 'Encryption of Secrets', 'dcs.extraImports'],
    ['vsphere', {}, 'Image registry', 'that of the bootstrap host is written'],
    ['vsphere', { vsphere: { imageRegistry: 'registry:5000' } }, 'Image registry', 'start with vsphere.imageRegistry'],
    ['vsphere', {}, 'Cloud provider', 'not checked'],
    ['vsphere', {}, 'VM cloning', 'cloneMode fullClone, powerOffMode trySoft'],
    ['vsphere', drBlock('10.30.40.10'), 'VM folder', 'by default primary or standby'],
    ['hcs', { hcs: { imageRepository: 'registry:5000/acp' } }, 'Image repository', 'registry:5000/acp'],
    ['hcs', {}, 'Audit policy', 'metadata'],
    ['hcs', {}, 'Data volumes', '20'],
    ['hcs', {}, 'Release manifest', 'installer RBAC entries'],
    ['hcs', {}, 'Platform registry', 'empty user name'],
  ])('%s with %j explains under "%s" what was decided', async (provider, changes, topic, words) => {
    const { notes } = await renderSite(exampleSite(provider, changes));
    expect(notes.find((note) => note.topic === topic)?.text).toContain(words);
  });

  it('vSphere explains failure domains, and only those that are there', async () => {
    const topics = async (changes = {}) =>
      (await renderSite(exampleSite('vsphere', changes))).notes.map(({ topic }) => topic);
    const place = { datacenter: 'dc1', computeCluster: 'cluster-1', datastore: 'datastore-1', networks: ['pg-global'] };
    const failureDomains = [{ name: 'global-fd-1', region: 'region-1', zone: 'zone-1', ...place }];
    expect(await topics({ vsphere: { failureDomains } })).toContain('Failure domains');
    expect(await topics()).not.toContain('Failure domains');
  });

  it('vSphere keeps the encryption file in a normal install; its kubelet patch names no CA', async () => {
    const rendered = await renderSite(exampleSite('vsphere'));
    expect(kcpFiles(rendered)).toEqual([
      '/etc/kubernetes/admission/psa-config.yaml',
      '/etc/kubernetes/patches/kubeletconfiguration0+strategic.json',
      encryptionFile,
      '/etc/kubernetes/audit/policy.yaml',
      '/usr/local/bin/capv-load-local-images.sh',
    ]);
    const text = JSON.stringify(rendered.manifest);
    expect(text).not.toContain('clientCAFile');
    expect(text).toContain('{{ local_hostname }}');
  });

  it('the audit policy has twelve rules on DCS and fits into a kubeadm file', async () => {
    const { manifest } = await renderSite(exampleSite('dcs'));
    const files = fieldAt(
      objectOf(manifest, 'KubeadmControlPlane', 'global-kcp'),
      'spec',
      'kubeadmConfigSpec',
      'files',
    );
    const policy = (files as { path: string; content: string }[]).find(({ path }) => path.endsWith('policy.yaml'));
    expect((parse(policy?.content ?? '') as { rules: unknown[] }).rules).toHaveLength(12);
    // The schema's limit for inline content.
    expect(policy?.content.length).toBeLessThanOrEqual(10_240);
  });

  it('only kubelets from Kubernetes 1.35 on get the key that switches off their check of pull credentials', async () => {
    const patched = async (kubernetes: string): Promise<boolean> => {
      const versions = { kubernetes, platform: 'v9.9.9', coredns: 'c', etcd: 'e', kubeOvn: 'v4.2.24' };
      const { manifest } = await renderSite(exampleSite('dcs', { versions }));
      return JSON.stringify(manifest).includes('imagePullCredentialsVerificationPolicy');
    };
    expect(await patched('v1.34.5-3')).toBe(false);
    expect(await patched('v1.35.6-acp.1')).toBe(true);
  });

  it("the worker's kubelet patch takes the path of static Pods away", async () => {
    const { manifest } = await renderSite(exampleSite('hcs'));
    const worker = objectOf(manifest, 'KubeadmConfigTemplate', 'global-worker-kct');
    const files = fieldAt(worker, 'spec', 'template', 'spec', 'files') as { content: string }[];
    expect(JSON.parse(files[0]?.content ?? '')).toMatchObject({ staticPodPath: null });
  });
});

describe('AppReleases', () => {
  it('come kubeadm first, with a chart type of Baremetal for every provider', async () => {
    for (const provider of exampleProviders) {
      const { appReleases } = await renderSite(exampleSite(provider));
      expect(appReleases.map(({ metadata }) => metadata.name)).toEqual([
        'cluster-api-provider-kubeadm',
        `cluster-api-provider-${provider}`,
      ]);
      for (const release of appReleases)
        expect(fieldAt(release, 'spec', 'values', 'global', 'cluster', 'type')).toBe('Baremetal');
    }
  });

  it('name the pull Secret in both places or in neither', async () => {
    const both = await renderSite(exampleSite('dcs'), { authenticated: true });
    const neither = await renderSite(exampleSite('dcs'), { authenticated: false });
    expect(JSON.stringify(both.appReleases).match(/global-registry-auth/g)).toHaveLength(4);
    expect(JSON.stringify(neither.appReleases)).not.toContain('global-registry-auth');
    const decided = exampleSite('dcs', { bootstrap: { registry: { auth: 'anonymous' } } });
    expect(JSON.stringify((await renderSite(decided, { authenticated: true })).appReleases)).not.toContain(
      'global-registry-auth',
    );
  });
});

describe('the import list', () => {
  it('is not made for DCS unless the site asks for an entry', async () => {
    expect((await renderSite(exampleSite('dcs'))).importConfigMap).toBeUndefined();
    const asked = await renderSite(exampleSite('dcs', { dcs: { importCredentialSecret: true } }));
    expect(fieldAt(asked.importConfigMap, 'data', 'resources.yaml')).toBe(
      'resources:\n- resource: "secrets"\n  names: ["global-dcs-credentials"]\n  method: kubectl\n',
    );
  });

  it('has six entries for vSphere, the Secret last, and five for HCS, the Secret first', async () => {
    const entries = async (provider: 'vsphere' | 'hcs') => {
      const { importConfigMap } = await renderSite(exampleSite(provider));
      const text = fieldAt(importConfigMap, 'data', 'resources.yaml');
      return (parse(String(text)) as { resources: { resource: string; etcdKeyBase?: string }[] }).resources;
    };
    const ofVsphere = await entries('vsphere');
    expect(ofVsphere).toHaveLength(6);
    expect(ofVsphere.at(-1)?.resource).toBe('secrets');
    expect(ofVsphere[3]?.etcdKeyBase).toBe('/registry/infrastructure.cluster.x-k8s.io/vspherevms/cpaas-system/');
    const ofHcs = await entries('hcs');
    expect(ofHcs.map(({ resource }) => resource.split('.')[0])).toEqual([
      'secrets',
      'hcsclusters',
      'hcsmachinetemplates',
      'hcsmachineconfigpools',
      'hcsmachines',
    ]);
  });
});

describe('the installer request', () => {
  it('has the keys in the order of the guide, the cluster object on DCS alone', async () => {
    const keys = async (provider: (typeof exampleProviders)[number]) =>
      Object.keys((await renderSite(exampleSite(provider))).installerRequest);
    expect(await keys('dcs')).toEqual(['basic', 'registry', 'console', 'cluster', 'product', 'deployMode', 'hostIP']);
    expect(await keys('vsphere')).not.toContain('cluster');
    expect(await keys('hcs')).not.toContain('cluster');
  });

  it('gives the VIP as console host on DCS and an empty list elsewhere', async () => {
    const dcs = exampleSite('dcs');
    expect((await renderSite(dcs)).installerRequest.console.host).toEqual([dcs.site.network.controlPlaneVIP]);
    expect((await renderSite(exampleSite('vsphere'))).installerRequest.console.host).toEqual([]);
  });

  it('encodes the password without a newline, and sends empty registry strings where there is no login', async () => {
    const { installerRequest } = await renderSite(exampleSite('dcs'));
    expect(Buffer.from(installerRequest.basic.password, 'base64').toString()).toBe('Demo-Admin-Password-1');
    expect(installerRequest.registry).toMatchObject({ username: '', password: '' });
  });

  it('carries a third party certificate encoded, further values as they are', async () => {
    const certificate = {
      thirdParty: {
        certificate: 'file:secrets/admin-password',
        privateKey: 'file:secrets/admin-password',
        pkcs12: 'file:secrets/dcs-password',
      },
    };
    const { installerRequest } = await renderSite(exampleSite('dcs', { platform: { console: { certificate } } }));
    const encoded = Buffer.from('Demo-Admin-Password-1').toString('base64');
    expect(installerRequest.console.cert).toEqual({
      thirdParty: { certificate: encoded, privateKey: encoded, pkcs12: 'demo-dcs-password' },
    });
  });
});

describe('disaster recovery', () => {
  it.each(exampleProviders)('on %s lists both VIPs and the platform host as SANs', async (provider) => {
    const { network, platform } = exampleSite(provider).site;
    const rendered = await renderSite(exampleSite(provider, drBlock(network.controlPlaneVIP)));
    expect(sansOf(rendered)).toEqual([network.controlPlaneVIP, '10.99.0.10', platform.host]);
  });

  it('delivers the key by Secret and reference on DCS, by file on HCS and vSphere', async () => {
    const render = (provider: (typeof exampleProviders)[number]) =>
      renderSite(exampleSite(provider, drBlock(exampleSite(provider).site.network.controlPlaneVIP)));
    const dcs = await render('dcs');
    expect(fieldAt(objectOf(dcs.manifest, 'DCSCluster', 'global'), 'spec', 'encryptionProviderConfigRef')).toEqual({
      name: 'encryption-provider-config',
    });
    expect(kcpFiles(dcs)).not.toContain(encryptionFile);
    const secret = objectOf(dcs.manifest, 'Secret', 'encryption-provider-config');
    const written = dcs.files.find(({ path }) => path === 'root/yamls/encryption-provider.conf');
    expect(fieldAt(secret, 'stringData', 'encryption-provider.conf')).toBe(written?.content);
    expect(written?.mode).toBe(0o600);
    for (const provider of ['vsphere', 'hcs'] as const) {
      const files = kcpFiles(await render(provider));
      expect(files.filter((path) => path === encryptionFile)).toHaveLength(1);
    }
    // The guide has the entry appended to the files of an HCS manifest.
    expect(kcpFiles(await render('hcs')).at(-1)).toBe(encryptionFile);
  });

  it('gives each side a vSphere folder of its own', async () => {
    const { network } = exampleSite('vsphere').site;
    const { manifest } = await renderSite(exampleSite('vsphere', drBlock(network.controlPlaneVIP)));
    const template = objectOf(manifest, 'VSphereMachineTemplate', 'global-worker');
    expect(fieldAt(template, 'spec', 'template', 'spec', 'folder')).toBe('/dc1/vm/global/primary');
  });
});

describe('secrets', () => {
  it('make the files that hold them 0600, and no other', async () => {
    for (const provider of exampleProviders) {
      const { files } = await renderSite(exampleSite(provider));
      for (const { path, content, mode, containsSecrets } of files) {
        const holds = /demo-|RGVtby|ZGVtby/i.test(content);
        expect({ path, mode, containsSecrets }).toEqual({ path, mode: holds ? 0o600 : 0o644, containsSecrets: holds });
      }
    }
  });

  it('are not read when stand-ins are asked for', async () => {
    const unreadable = exampleSite('vsphere', {
      platform: { admin: { password: 'env:GLOBALCTL_TEST_NOT_SET' } },
      vsphere: { encryptionKey: 'file:not-there' },
    });
    await expect(renderSite(unreadable, { secrets: 'stand-in' })).resolves.toBeDefined();
    await expect(renderSite(unreadable)).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
  });

  it('refuse an encryption key that the API server would refuse, without showing it', async () => {
    const wrong = exampleSite('vsphere', { vsphere: { encryptionKey: 'file:secrets/vsphere-password' } });
    const error: unknown = await renderSite(wrong).catch((thrown: unknown) => thrown);
    expect(isGlobalctlError(error, 'SITE_ENCRYPTION_KEY')).toBe(true);
    expect(JSON.stringify(error)).not.toContain('demo-vsphere-password');
  });
});
