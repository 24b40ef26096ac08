import type { KubeObject } from '../../kube/index.ts';
import { createImage, type Artifact, type ImageName } from '../../pack/index.ts';
import { appReleaseCrd, moduleCrds } from '../../platform/crds/index.ts';
import { coreCrds, dcsCrds, hcsCrds, kubeadmCrds, vsphereCrds } from '../../kube/crds/index.ts';
import { etcdSyncChart, etcdSyncPlugin } from './etcd-sync-chart.ts';
import { sampleChart, type ChartWorkload, type SampleChart } from './templates.ts';
import { withVendorCrds } from './vendor-crds.ts';

/** Which releases the sample packages are made of; spelled as the site file spells them. */
export interface SampleVersions {
  /** Of the platform: tag of the Core Package's own images and charts. */
  readonly platform: string;
  readonly kubeadmProvider: string;
  readonly infrastructureProvider: string;
  /** Chart version of Kube-OVN. */
  readonly kubeOvn: string;
  /** Chart version of the etcd synchronizer; a site that is no side of a pair has none. */
  readonly etcdSync?: string | undefined;
}

export interface PayloadOptions {
  readonly versions: SampleVersions;
  /** `dcs`, `vsphere` or `hcs`. */
  readonly provider: string;
  /** Images beyond the usual that the site's manifest names, e.g. the vSphere cloud provider. */
  readonly extraImages: readonly ImageName[];
  /** Vendor's definitions that take the place of ours. */
  readonly vendorCrds: ReadonlyMap<string, KubeObject>;
}

const providerCrds: Readonly<Record<string, readonly KubeObject[]>> = {
  dcs: dcsCrds,
  vsphere: vsphereCrds,
  hcs: hcsCrds,
};

/** A tiny image whose one file says what it stands for. The lab runs its programs by repository, not by content. */
function image(name: ImageName): Promise<Artifact> {
  return createImage({
    name,
    files: [{ path: 'etc/sample-image', content: `${name.repository}:${name.tag}\n` }],
    labels: { 'org.opencontainers.image.title': name.repository, 'org.opencontainers.image.version': name.tag },
  });
}

/** A chart and the images that its workloads name. */
async function chartWithImages(chart: SampleChart): Promise<Artifact[]> {
  const names = new Map(
    chart.workloads.map(({ image: repository, tag }) => [`${repository}:${tag}`, { repository, tag }]),
  );
  return [await sampleChart(chart), ...(await Promise.all([...names.values()].map(image)))];
}

/** Chart and image of one Cluster API provider: what a provider package holds. */
export function providerArtifacts(
  provider: string,
  version: string,
  vendorCrds: ReadonlyMap<string, KubeObject>,
): Promise<Artifact[]> {
  const name = `cluster-api-provider-${provider}`;
  const crds = provider === 'kubeadm' ? kubeadmCrds : (providerCrds[provider] ?? []);
  return chartWithImages({
    repository: `ait/chart-${name}`,
    version,
    description: `Sample of the Cluster API provider ${provider}`,
    crds: withVendorCrds(crds, vendorCrds),
    workloads: [
      {
        name,
        image: `ait/${name}`,
        tag: version,
        args: ['--leader-elect'],
        labels: { 'cluster.x-k8s.io/provider': provider, 'control-plane': `${name}-controller-manager` },
        controller: true,
      },
    ],
  });
}

/** What the Core Package brings into the bootstrap registry: the platform's own charts and images. */
export async function corePayload({ versions, extraImages, vendorCrds }: PayloadOptions): Promise<Artifact[]> {
  const tag = versions.platform;
  const controller = (name: string, repository: string, more: Partial<ChartWorkload> = {}): ChartWorkload => ({
    name,
    image: repository,
    tag,
    controller: true,
    ...more,
  });
  const charts: SampleChart[] = [
    {
      repository: 'ait/chart-base-operator',
      version: tag,
      description: 'Sample of the base operator: AppRelease and modules',
      crds: [appReleaseCrd, ...moduleCrds],
      workloads: [controller('base-operator', 'ait/base-operator')],
    },
    {
      repository: 'ait/chart-cluster-api',
      version: tag,
      description: 'Sample of Cluster API core',
      crds: withVendorCrds(coreCrds, vendorCrds),
      workloads: [
        controller('capi-controller-manager', 'ait/cluster-api-controller', {
          labels: { 'cluster.x-k8s.io/provider': 'cluster-api', 'control-plane': 'controller-manager' },
          args: ['--leader-elect', '--feature-gates=ClusterResourceSet=true,MachinePool=true'],
        }),
      ],
    },
    {
      repository: 'acp/chart-cpaas-kube-ovn',
      version: versions.kubeOvn,
      description: 'Sample of the container network Kube-OVN',
      workloads: [
        { kind: 'Deployment', name: 'kube-ovn-controller', ...kubeOvn(versions.kubeOvn) },
        { kind: 'DaemonSet', name: 'kube-ovn-cni', ...kubeOvn(versions.kubeOvn) },
      ],
    },
    ...['base', 'acp'].map((product) => ({
      repository: `acp/chart-${product}`,
      version: tag,
      description: `Sample of the product ${product}`,
      workloads:
        product === 'base' ? [plain('cpaas-console', tag), plain('cpaas-auth', tag)] : [plain('acp-console', tag)],
      ...(product === 'base' && versions.etcdSync !== undefined && { templates: etcdSyncPlugin(versions.etcdSync) }),
    })),
    ...(versions.etcdSync === undefined ? [] : [etcdSyncChart(versions.etcdSync)]),
  ];
  const artifacts = (await Promise.all(charts.map(chartWithImages))).flat();
  const images = [{ repository: 'ait/cpaas-installer', tag }, { repository: 'ait/registry', tag }, ...extraImages];
  return [...artifacts, ...(await Promise.all(images.map(image)))];
}

function kubeOvn(version: string): Pick<ChartWorkload, 'image' | 'tag' | 'namespace' | 'hostNetwork'> {
  return { image: 'acp/kube-ovn', tag: version, namespace: 'kube-system', hostNetwork: true };
}

function plain(name: string, tag: string): ChartWorkload {
  return { name, image: `acp/${name}`, tag };
}
