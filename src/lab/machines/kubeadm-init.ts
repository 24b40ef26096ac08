import { isGlobalctlError } from '../../base/index.ts';
import { resources } from '../../kube/index.ts';
import type { ApiServerSettings } from '../control-plane/index.ts';
import type { BootData } from './boot-data.ts';
import type { ClusterRequest, FormedCluster } from './cluster-directory.ts';
import type { GuestEnvironment, GuestHardware, GuestNode } from './guest-hardware.ts';
import type { InitConfiguration } from './kubeadm-configuration.ts';
import { apiServerFault, kubeletFault, nodePathOf } from './node-checks.ts';
import { registerNode, staleEtcd } from './register-node.ts';

/** kubeadm init: the first node forms the cluster. undefined when it does not; the console says why. */
export async function kubeadmInit(
  environment: GuestEnvironment,
  hardware: GuestHardware,
  data: BootData,
  files: ReadonlySet<string>,
  configuration: InitConfiguration,
  took: (what: 'init') => Promise<void>,
): Promise<GuestNode | undefined> {
  const { clusters, startCluster, console } = environment;
  const pem = (path: string): string => data.files.get(path)?.content ?? '';
  const caPem = pem('/etc/kubernetes/pki/ca.crt');
  const caKey = pem('/etc/kubernetes/pki/ca.key');
  if (caPem === '' || caKey === '') {
    console('error execution phase certs/ca: the certificate authority is not among the files');
    return undefined;
  }
  if (staleEtcd(hardware)) {
    console('[ERROR DirAvailable--var-lib-etcd]: /var/lib/etcd is not empty');
    return undefined;
  }
  const fault = kubeletFault(configuration.node, hardware, files, data) ?? apiServerFault(configuration, files);
  await took('init');
  if (fault !== undefined) {
    console(fault);
    console("error execution phase wait-control-plane: couldn't initialize a Kubernetes cluster");
    return undefined;
  }
  const endpointHost = configuration.controlPlaneEndpoint.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  const own = [hardware.addresses[0] ?? '', hardware.hostname, endpointHost].filter((n) => n !== '');
  const request: ClusterRequest = {
    name: configuration.clusterName,
    kubernetesVersion: configuration.kubernetesVersion,
    podCIDR: configuration.podSubnet || '10.244.0.0/16',
    serviceCIDR: configuration.serviceSubnet || '10.96.0.0/12',
    requiresCni: true,
    sans: [...own, ...configuration.apiServerSans],
    etcdSans: [
      hardware.addresses[0] ?? '',
      hardware.hostname,
      'localhost',
      '127.0.0.1',
      ...configuration.etcdServerSans,
    ],
    authorities: {
      cluster: { certificatePem: caPem, keyPem: caKey },
      etcd: {
        certificatePem: pem('/etc/kubernetes/pki/etcd/ca.crt'),
        keyPem: pem('/etc/kubernetes/pki/etcd/ca.key'),
      },
      serviceAccountKeyPem: pem('/etc/kubernetes/pki/sa.key'),
    },
    osImage: hardware.osImage,
    apiServer: apiServerSettings(configuration, data),
  };
  const formed = await clusters.init(request, endpointHost, startCluster).catch((error: unknown) => {
    if (!isGlobalctlError(error, 'LAB_CONTROL_PLANE')) throw error;
    console(`${error.message}\n${error.details.found ?? ''}`);
    console("error execution phase wait-control-plane: couldn't initialize a Kubernetes cluster");
    return undefined;
  });
  if (!formed) return undefined;
  const node = await registerNode(environment, hardware, formed, configuration.node, true);
  await uploadConfiguration(formed, configuration);
  return node;
}

/** The arguments of the API server, with the files that they name, as far as the machine's user data brings them. */
function apiServerSettings(configuration: InitConfiguration, data: BootData): ApiServerSettings {
  const files = new Map<string, string>();
  for (const path of Object.values(configuration.apiServerArgs)) {
    const content = path.startsWith('/') && data.files.get(nodePathOf(configuration, path) ?? '')?.content;
    if (typeof content === 'string') files.set(path, content);
  }
  return { args: configuration.apiServerArgs, files };
}

/** kubeadm's last phase: its ConfigMap tells others that the control plane is initialized. */
async function uploadConfiguration(formed: FormedCluster, configuration: InitConfiguration): Promise<void> {
  const { clusterName, controlPlaneEndpoint, kubernetesVersion } = configuration;
  await formed.cluster.adminClient.apply(
    resources.configMaps,
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kubeadm-config', namespace: 'kube-system' },
      data: {
        ClusterConfiguration: [
          'apiVersion: kubeadm.k8s.io/v1beta4',
          'kind: ClusterConfiguration',
          `clusterName: ${clusterName}`,
          `controlPlaneEndpoint: ${controlPlaneEndpoint}`,
          `kubernetesVersion: ${kubernetesVersion}`,
          '',
        ].join('\n'),
      },
    },
    { fieldManager: 'kubeadm', force: true },
  );
}
