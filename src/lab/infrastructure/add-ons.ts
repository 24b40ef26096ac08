import { resources, type KubeClient, type KubeObject, type Resource } from '../../kube/index.ts';
import type { Cluster, ControllerEnvironment, KubeadmControlPlane } from '../capi/index.ts';

const NAMESPACE = 'kube-system';
const KUBE_OVN_VERSION = 'cpaas.io/kube-ovn-version';
const JOIN_CIDR = 'cpaas.io/kube-ovn-join-cidr';
const REGISTRY = 'cpaas.io/registry-address';

interface Workload {
  readonly kind: 'DaemonSet' | 'Deployment';
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly image: string;
  readonly replicas?: number;
  readonly hostNetwork?: boolean;
  readonly env?: Record<string, string>;
}

function workload(w: Workload): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: w.kind,
    metadata: { name: w.name, namespace: NAMESPACE, labels: w.labels },
    spec: {
      ...(w.replicas !== undefined && { replicas: w.replicas }),
      selector: { matchLabels: w.labels },
      template: {
        metadata: { labels: w.labels },
        spec: {
          priorityClassName: 'system-cluster-critical',
          ...(w.hostNetwork === true && { hostNetwork: true }),
          tolerations: [{ operator: 'Exists' }],
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          containers: [
            {
              name: w.name,
              image: w.image,
              imagePullPolicy: 'IfNotPresent',
              ...(w.env && { env: Object.entries(w.env).map(([name, value]) => ({ name, value })) }),
            },
          ],
        },
      },
    },
  };
}

/**
 * Brings Kube-OVN, CoreDNS and kube-proxy into a new cluster (the real providers do it by AppReleases such as
 * `cni-kube-ovn`); nodes become ready with it. Images come from the registry that the Cluster's annotation
 * `cpaas.io/registry-address` names for nodes. Answers what is missing when the network cannot be deployed.
 */
export async function deployAddOns(
  environment: ControllerEnvironment,
  remote: KubeClient,
  cluster: Cluster,
  options: { readonly kubeProxy: boolean },
): Promise<string | undefined> {
  const annotations = cluster.metadata.annotations ?? {};
  const absent = [KUBE_OVN_VERSION, JOIN_CIDR, REGISTRY].filter((a) => (annotations[a] ?? '') === '');
  const registry = annotations[REGISTRY] ?? '';
  const { version, imageRepository, corednsTag } = await kubeadmImages(environment, cluster);
  const apply = async (resource: Resource, object: KubeObject): Promise<void> => {
    await remote.apply(resource, object, {
      fieldManager: 'cluster-api-provider',
      force: true,
      signal: environment.signal,
    });
  };
  await apply(
    resources.deployments,
    workload({
      kind: 'Deployment',
      name: 'coredns',
      labels: { 'k8s-app': 'kube-dns' },
      image: `${imageRepository}/coredns:${corednsTag}`,
      replicas: 2,
    }),
  );
  await apply(resources.services, dnsService(cluster));
  if (options.kubeProxy)
    await apply(
      resources.daemonSets,
      workload({
        kind: 'DaemonSet',
        name: 'kube-proxy',
        labels: { 'k8s-app': 'kube-proxy' },
        image: `${imageRepository}/kube-proxy:${version}`,
        hostNetwork: true,
      }),
    );
  if (absent.length > 0) return `Kube-OVN is not deployed: Cluster has no annotation ${absent.join(', ')}`;
  const chart = annotations[KUBE_OVN_VERSION] ?? '';
  const image = `${registry}/acp/kube-ovn:${chart}`;
  const [podCidr = ''] = cluster.spec?.clusterNetwork?.pods?.cidrBlocks ?? [];
  const env = { POD_CIDR: podCidr, JOIN_CIDR: annotations[JOIN_CIDR] ?? '' };
  await apply(
    resources.deployments,
    workload({
      kind: 'Deployment',
      name: 'kube-ovn-controller',
      labels: { app: 'kube-ovn-controller' },
      image,
      replicas: 1,
      hostNetwork: true,
      env,
    }),
  );
  await apply(
    resources.daemonSets,
    workload({
      kind: 'DaemonSet',
      name: 'kube-ovn-cni',
      labels: { app: 'kube-ovn-cni' },
      image,
      hostNetwork: true,
      env,
    }),
  );
  return undefined;
}

function dnsService(cluster: Cluster): KubeObject {
  const [cidr = '10.96.0.0/12'] = cluster.spec?.clusterNetwork?.services?.cidrBlocks ?? [];
  const octets = (cidr.split('/')[0] ?? '').split('.').map(Number);
  const clusterIP = octets.map((octet, i) => (i === 3 ? octet + 10 : octet)).join('.');
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace: NAMESPACE, labels: { 'k8s-app': 'kube-dns' } },
    spec: {
      clusterIP,
      selector: { 'k8s-app': 'kube-dns' },
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
      ],
    },
  };
}

/** The images that kubeadm's own configuration names. */
async function kubeadmImages(
  environment: ControllerEnvironment,
  cluster: Cluster,
): Promise<{ version: string; imageRepository: string; corednsTag: string }> {
  const controlPlane = await controlPlaneOf(environment, cluster);
  const configuration = controlPlane?.spec.kubeadmConfigSpec.clusterConfiguration as
    { imageRepository?: string; dns?: { imageTag?: string } } | undefined;
  return {
    version: controlPlane?.spec.version ?? '',
    imageRepository: configuration?.imageRepository ?? 'registry.k8s.io',
    corednsTag: configuration?.dns?.imageTag ?? 'v1.11.3',
  };
}

export async function controlPlaneOf(
  environment: ControllerEnvironment,
  cluster: Cluster,
): Promise<KubeadmControlPlane | undefined> {
  const reference = cluster.spec?.controlPlaneRef;
  if (reference?.kind !== 'KubeadmControlPlane') return undefined;
  return await environment.client.find<KubeadmControlPlane>(
    resources.kubeadmControlPlanes,
    { name: reference.name, namespace: cluster.metadata.namespace },
    environment.signal,
  );
}

/** Images of the OS template: what kubeadm needs is on the machine, the network's images are pulled. */
export async function templateImages(environment: ControllerEnvironment, cluster: Cluster): Promise<string[]> {
  const { version, imageRepository, corednsTag } = await kubeadmImages(environment, cluster);
  return [`${imageRepository}/coredns:${corednsTag}`, `${imageRepository}/kube-proxy:${version}`];
}
