import { relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fieldAt } from '../kube/index.ts';
import {
  exampleProviders,
  exampleSite,
  objectOf,
  writeBase,
  type ExampleProvider,
} from '../providers/example-sites.fixture.ts';
import { renderSite, writeManifest, type RenderedSite } from './index.ts';

async function manifestText(provider: ExampleProvider): Promise<string> {
  return writeManifest((await renderSite(exampleSite(provider))).manifest);
}

async function renderWith(provider: ExampleProvider, base: string): Promise<RenderedSite> {
  return renderSite(exampleSite(provider, { manifest: { base: await writeBase(base) } }));
}

const linesOf = ({ mergeReport }: RenderedSite, action: string): string[] =>
  mergeReport.filter((line) => line.action === action).map(({ object, path }) => `${object} ${path}`.trim());

const releaseManifest = `# what a release hands out
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: cpaas-installer-extra
rules:
- {apiGroups: [""], resources: [configmaps], verbs: [get]}
---
apiVersion: cluster.x-k8s.io/v1beta1
kind: Cluster
metadata:
  name: global
  namespace: cpaas-system
  labels: {team: platform}
  annotations:
    cpaas.io/registry-address: registry.old.example.com:5000
    example.com/owner: operations
spec:
  clusterNetwork:
    pods: {cidrBlocks: [10.200.0.0/16]}
    services: {cidrBlocks: ["\${SERVICE_CIDR}"]}
  controlPlaneRef: {apiVersion: controlplane.cluster.x-k8s.io/v1beta1, kind: KubeadmControlPlane, name: global-kcp}
  infrastructureRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta1, kind: DCSCluster, name: global}
---
apiVersion: controlplane.cluster.x-k8s.io/v1beta1
kind: KubeadmControlPlane
metadata: {name: global-kcp, namespace: cpaas-system}
spec:
  replicas: 3
  version: \${K8S_VERSION}
  rolloutStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 0}}
  machineTemplate:
    infrastructureRef:
      apiVersion: infrastructure.cluster.x-k8s.io/v1beta1
      kind: DCSMachineTemplate
      name: global-cp-template
  kubeadmConfigSpec:
    format: ignition
    files:
    - path: /etc/kubernetes/audit/policy.yaml
      owner: root:root
      permissions: "0600"
      content: |
        # the release's own policy
        apiVersion: audit.k8s.io/v1
        kind: Policy
        rules: [{level: Metadata}]
    - path: /etc/motd
      content: hello
    preKubeadmCommands:
    - echo release
    clusterConfiguration:
      imageRepository: registry.example.com/release
      etcd:
        local:
          serverCertSANs: [etcd.kube-system]
---
apiVersion: infrastructure.cluster.x-k8s.io/v1beta1
kind: DCSMachineTemplate
metadata: {name: global-cp-template, namespace: cpaas-system}
spec:
  template:
    spec:
      vmTemplateName: <vm-template>
      ipHostPoolRef: {name: global-cp-pool}
      vmConfig:
        dcsMachineCpuSpec: {quantity: 4}
        dcsMachineDiskSpec:
        - {quantity: 50, path: /var/log, format: ext4, datastoreName: logs}
`;

describe('a base manifest', () => {
  it.each(exampleProviders)('that is the rendering itself of %s is not changed', async (provider) => {
    const text = await manifestText(provider);
    const merged = await renderWith(provider, text);
    expect(writeManifest(merged.manifest)).toBe(text);
    expect(merged.mergeReport).toEqual([]);
  });

  it("keeps the operator's objects, order, names, files, commands and annotations", async () => {
    const { manifest } = await renderWith('dcs', releaseManifest);
    expect(manifest.slice(0, 4).map(({ kind, metadata }) => `${kind}/${String(metadata.name)}`)).toEqual([
      'ClusterRole/cpaas-installer-extra',
      'Cluster/global',
      'KubeadmControlPlane/global-kcp',
      'DCSMachineTemplate/global-cp-template',
    ]);
    const config = fieldAt(objectOf(manifest, 'KubeadmControlPlane', 'global-kcp'), 'spec', 'kubeadmConfigSpec');
    const files = fieldAt(config, 'files') as { path: string; content: string; permissions?: string }[];
    expect(files.map(({ path }) => path)).toEqual([
      '/etc/kubernetes/audit/policy.yaml',
      '/etc/motd',
      '/etc/kubernetes/admission/psa-config.yaml',
      '/etc/kubernetes/patches/kubeletconfiguration0+strategic.json',
    ]);
    expect(files[0]).toMatchObject({
      permissions: '0600',
      content: expect.stringContaining("the release's own policy") as string,
    });
    expect((fieldAt(config, 'preKubeadmCommands') as string[])[0]).toBe('echo release');
    expect(fieldAt(config, 'preKubeadmCommands')).toHaveLength(4);
    expect(fieldAt(config, 'clusterConfiguration', 'imageRepository')).toBe('registry.example.com/release');
    const cluster = objectOf(manifest, 'Cluster', 'global');
    expect(cluster.metadata.labels).toMatchObject({ team: 'platform', 'is-global': 'true', 'cluster-type': 'DCS' });
    expect(cluster.metadata.annotations).toMatchObject({ 'example.com/owner': 'operations' });
  });

  it("takes the values that are the site's: networks, registry address, template, size, SANs", async () => {
    const loaded = exampleSite('dcs');
    const { manifest } = await renderWith('dcs', releaseManifest);
    const cluster = objectOf(manifest, 'Cluster', 'global');
    expect(fieldAt(cluster, 'spec', 'clusterNetwork', 'pods', 'cidrBlocks')).toEqual(['100.3.0.0/16']);
    expect(cluster.metadata.annotations?.['cpaas.io/registry-address']).toBe('10.10.20.5:11443');
    const template = objectOf(manifest, 'DCSMachineTemplate', 'global-cp-template');
    const spec = fieldAt(template, 'spec', 'template', 'spec');
    expect(fieldAt(spec, 'vmTemplateName')).toBe('MicroOS-5.5-v4.2.2');
    expect(fieldAt(spec, 'vmConfig', 'dcsMachineCpuSpec', 'quantity')).toBe(8);
    const disks = fieldAt(spec, 'vmConfig', 'dcsMachineDiskSpec') as { path?: string }[];
    expect(disks.map(({ path }) => path)).toEqual([
      '/var/log',
      undefined,
      '/var/lib/etcd',
      '/var/lib/kubelet',
      '/var/lib/containerd',
    ]);
    const sans = ['spec', 'kubeadmConfigSpec', 'clusterConfiguration', 'etcd', 'local', 'serverCertSANs'];
    expect(fieldAt(objectOf(manifest, 'KubeadmControlPlane', 'global-kcp'), ...sans)).toEqual([
      'etcd.kube-system',
      loaded.site.network.controlPlaneVIP,
      loaded.site.platform.host,
    ]);
  });

  it('adds nothing under a second name: the template that the base calls otherwise is the same template', async () => {
    const { manifest } = await renderWith('dcs', releaseManifest);
    const templates = manifest.filter(({ kind }) => kind === 'DCSMachineTemplate');
    expect(templates.map(({ metadata }) => metadata.name)).toEqual(['global-cp-template', 'global-worker-template']);
  });

  it('is reported: what was changed with both values, what was added, what was kept', async () => {
    const rendered = await renderWith('dcs', releaseManifest);
    expect(rendered.mergeReport).toContainEqual({
      action: 'changed',
      object: 'Cluster cpaas-system/global',
      path: 'metadata.annotations.cpaas.io/registry-address',
      before: 'registry.old.example.com:5000',
      after: '10.10.20.5:11443',
    });
    expect(linesOf(rendered, 'added')).toContain('DCSCluster cpaas-system/global');
    expect(linesOf(rendered, 'kept')).toEqual(
      expect.arrayContaining([
        'ClusterRole cpaas-installer-extra',
        'KubeadmControlPlane cpaas-system/global-kcp spec.kubeadmConfigSpec.files[1]',
        'KubeadmControlPlane cpaas-system/global-kcp spec.kubeadmConfigSpec.clusterConfiguration.imageRepository',
      ]),
    );
  });

  it('never shows the values of a Secret in the report', async () => {
    const base = (await manifestText('dcs')).replace('demo-dcs-password', 'the-old-password');
    const rendered = await renderWith('dcs', base);
    expect(linesOf(rendered, 'changed')).toEqual(['Secret cpaas-system/global-dcs-credentials stringData.authKey']);
    expect(JSON.stringify(rendered.mergeReport)).not.toMatch(/the-old-password|demo-dcs-password/);
  });

  it("with a Secret in data gets the site's values in data, and no key in both", async () => {
    const secret = `apiVersion: v1
kind: Secret
metadata: {name: global-dcs-credentials, namespace: cpaas-system}
type: Opaque
data: {authKey: ${Buffer.from('old').toString('base64')}}
`;
    const { manifest } = await renderWith('dcs', secret);
    const merged = objectOf(manifest, 'Secret', 'global-dcs-credentials');
    expect(merged['data']).toEqual({ authKey: Buffer.from('demo-dcs-password').toString('base64') });
    expect(merged['stringData']).not.toHaveProperty('authKey');
    expect(merged['type']).toBe('Opaque');
  });

  it('has cloud-init translated on vSphere and HCS, with a note', async () => {
    for (const provider of ['vsphere', 'hcs'] as const) {
      const base = (await manifestText(provider)).replaceAll('format: cloud-config', 'format: cloud-init');
      const rendered = await renderWith(provider, base);
      expect(JSON.stringify(rendered.manifest)).not.toContain('cloud-init"');
      expect(rendered.notes.at(-1)?.text).toContain('KubeadmControlPlane global-kcp');
    }
  });

  it('has the shared key put into its encryption file on vSphere', async () => {
    const base = (await manifestText('vsphere')).replace(
      /secret: \S+=/,
      'secret: b2xkLWtleS1vbGQta2V5LW9sZC1rZXktb2xkLWtleS0=',
    );
    const rendered = await renderWith('vsphere', base);
    expect(writeManifest(rendered.manifest)).toBe(await manifestText('vsphere'));
    expect(linesOf(rendered, 'changed')).toEqual([
      'KubeadmControlPlane cpaas-system/global-kcp spec.kubeadmConfigSpec.files[2].content',
    ]);
  });
});

describe('places in a base manifest', () => {
  it('are named from where the site file is named', async () => {
    const base = await writeBase('kind: [');
    const loaded = exampleSite('dcs', { manifest: { base: relative(exampleSite('dcs').folder, base) } });
    await expect(renderSite(loaded)).rejects.toMatchObject({ details: { place: { file: base } } });
  });
});

describe('a base manifest that cannot be used', () => {
  it('is refused when it is missing, with the place in the site file', async () => {
    const loaded = exampleSite('dcs', { manifest: { base: 'not-there.yaml' } });
    await expect(renderSite(loaded)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      details: { place: { line: expect.any(Number) as number } },
    });
  });

  it.each([
    ['broken YAML', 'kind: [', 1],
    ['a document that is no object', 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n---\njust text\n', 5],
    ['an object without a name', 'apiVersion: v1\nkind: Secret\nmetadata: {}\n', 1],
  ])('is refused for %s with its line', async (_what, text, line) => {
    await expect(renderWith('dcs', text)).rejects.toMatchObject({
      code: 'MANIFEST_BASE_INVALID',
      details: { place: { line } },
    });
  });
});
