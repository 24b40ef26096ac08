import { isGlobalctlError, type Clock, type SeededRandom } from '../../base/index.ts';
import { resources } from '../../kube/index.ts';
import type { Taint } from '../core-types.ts';
import type { LabNetwork } from '../network/index.ts';
import { parseBootData, renderJinja, type BootData } from './boot-data.ts';
import { caCertHash } from '../capi/kubeadm/certificates.ts';
import type { ClusterDirectory, FormedCluster } from './cluster-directory.ts';
import {
  parseKubeadmConfiguration,
  type InitConfiguration,
  type JoinConfiguration,
  type NodeRegistration,
} from './kubeadm-configuration.ts';
import { apiServerFault, kubeletFault } from './node-checks.ts';

/** A mounted disk of a machine. */
export interface GuestMount {
  readonly path: string;
  /** Holds data of an earlier machine. */
  readonly stale: boolean;
}

/** What the machine and its provider give to the guest, beside the user data. */
export interface GuestHardware {
  readonly hostname: string;
  /** The first is the node's. */
  readonly addresses: readonly string[];
  readonly mounts: readonly GuestMount[];
  /** Files that the image carries or the provider puts there. */
  readonly imageFiles: readonly string[];
  /** Kubernetes of the image. */
  readonly kubernetesVersion: string;
  readonly osImage: string;
  /** Set by the provider without the kubelet's arguments saying so. */
  readonly providerID?: string | undefined;
  readonly cpus: number;
  readonly memoryGiB: number;
  /** Image references in the template; the rest is pulled. */
  readonly images: readonly string[] | 'all';
}

export interface GuestEnvironment {
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly network: LabNetwork;
  readonly clusters: ClusterDirectory;
  /** Aborts when the machine is switched off. */
  readonly signal: AbortSignal;
  /** A line on the machine's console. */
  readonly console: (line: string) => void;
}

/** The node that a machine became. */
export interface GuestNode {
  readonly caHash: string;
  readonly nodeName: string;
}

/** How long things take on a machine of ordinary size, in simulated time; each varies by a quarter. */
const durationsMs = { boot: 25_000, init: 45_000, joinControlPlane: 40_000, joinWorker: 20_000 } as const;

const JOIN_RETRY_MS = 5000;
const JOIN_LIMIT_MS = 300_000;

/** Boots a machine: first-boot software, the operator's commands, kubeadm. undefined when the node did not come to be. */
export async function bootGuest(
  environment: GuestEnvironment,
  hardware: GuestHardware,
  userData: string,
): Promise<GuestNode | undefined> {
  const { console } = environment;
  const took = (what: keyof typeof durationsMs): Promise<void> => pass(environment, hardware.hostname, what);
  console(`Booting ${hardware.osImage} on ${hardware.hostname} (${hardware.addresses.join(', ')})`);
  await took('boot');
  let data: BootData;
  try {
    data = parseBootData(renderJinja(userData, hardware.hostname));
  } catch (error) {
    if (!isGlobalctlError(error, 'LAB_BOOT_DATA')) throw error;
    console(`first boot: ${error.message}`);
    return undefined;
  }
  const files = new Set([...data.files.keys(), ...hardware.imageFiles]);
  for (const command of data.commands) {
    console(`+ ${command}`);
    const kubeadm = /^kubeadm (init|join) --config (\S+)/.exec(command);
    if (kubeadm) {
      const configuration = parseKubeadmConfiguration(data.files.get(kubeadm[2] ?? '')?.content ?? '');
      if (!configuration) {
        console(`error: couldn't read ${kubeadm[2] ?? ''}: no InitConfiguration or JoinConfiguration found`);
        return undefined;
      }
      return configuration.action === 'init'
        ? await init(environment, hardware, data, files, configuration, took)
        : await join(environment, hardware, data, files, configuration, took);
    }
    if (!(await runCommand(environment, hardware, data, command))) return undefined;
  }
  console('no kubeadm command in the user data; the machine stays as it is');
  return undefined;
}

async function pass(environment: GuestEnvironment, hostname: string, what: keyof typeof durationsMs): Promise<void> {
  const { clock, random, signal } = environment;
  await clock.sleep(durationsMs[what] * (0.75 + 0.5 * random.fraction('guest', hostname, what)), signal);
}

/** Commands with an effect that others depend on. False when the command fails or never ends. */
async function runCommand(
  environment: GuestEnvironment,
  hardware: GuestHardware,
  data: BootData,
  command: string,
): Promise<boolean> {
  const { console, signal } = environment;
  const program = command.trim().split(/\s+/)[0] ?? '';
  const file = data.files.get(program);
  if (!program.startsWith('/') || program.startsWith('/usr/bin/')) return true;
  if (!file) {
    if (hardware.imageFiles.includes(program)) return true;
    console(`sh: ${program}: No such file or directory`);
    return false;
  }
  if ((Number.parseInt(file.permissions, 8) & 0o100) === 0) {
    console(`sh: ${program}: Permission denied`);
    return false;
  }
  // The image loader of the vSphere guide waits for the disk before it imports what the template carries.
  const mount = /mountpoint[^\n]*?(\/var\/lib\/containerd)|(\/var\/lib\/containerd)[^\n]*mount/.exec(file.content);
  const wanted = mount?.[1] ?? mount?.[2];
  if (wanted === undefined || hardware.mounts.some((m) => m.path === wanted)) return true;
  console(`waiting for ${wanted} mount`);
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  return false;
}

/** The name of the node, as kubeadm and the kubelet settle it. */
function nodeNameOf(node: NodeRegistration, hardware: GuestHardware): string {
  return (node.name ?? hardware.hostname).toLowerCase();
}

function labelsOf(node: NodeRegistration, controlPlane: boolean): Record<string, string> {
  const stated = (node.kubeletArgs['node-labels'] ?? '').split(',').filter((l) => l.includes('='));
  return {
    ...Object.fromEntries(stated.map((l) => [l.slice(0, l.indexOf('=')), l.slice(l.indexOf('=') + 1)])),
    ...(controlPlane && {
      'node-role.kubernetes.io/control-plane': '',
      'node.kubernetes.io/exclude-from-external-load-balancers': '',
    }),
  };
}

async function register(
  environment: GuestEnvironment,
  hardware: GuestHardware,
  formed: FormedCluster,
  node: NodeRegistration,
  controlPlane: boolean,
): Promise<GuestNode> {
  const name = nodeNameOf(node, hardware);
  const external = node.kubeletArgs['cloud-provider'] === 'external';
  const providerID = node.kubeletArgs['provider-id'] ?? hardware.providerID;
  const taints: Taint[] = [
    ...(node.taints ??
      (controlPlane ? [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' as const }] : [])),
    // Until the cloud provider's controller has seen the node; it also gives the provider ID.
    ...(external
      ? [{ key: 'node.cloudprovider.kubernetes.io/uninitialized', value: 'true', effect: 'NoSchedule' as const }]
      : []),
  ];
  await environment.clusters.addNode(formed, {
    name,
    ip: node.kubeletArgs['node-ip']?.split(',')[0] ?? hardware.addresses[0] ?? '',
    labels: labelsOf(node, controlPlane),
    annotations: { 'kubeadm.alpha.kubernetes.io/cri-socket': 'unix:///var/run/containerd/containerd.sock' },
    taints,
    ...(providerID !== undefined && !external && { providerID }),
    controlPlane,
    images: hardware.images,
    cpus: hardware.cpus,
    memoryGiB: hardware.memoryGiB,
  });
  environment.console(`This node has joined the cluster as ${name}`);
  return { caHash: formed.caHash, nodeName: name };
}

function staleEtcd(hardware: GuestHardware): boolean {
  return hardware.mounts.some((m) => m.path === '/var/lib/etcd' && m.stale);
}

async function init(
  environment: GuestEnvironment,
  hardware: GuestHardware,
  data: BootData,
  files: ReadonlySet<string>,
  configuration: InitConfiguration,
  took: (what: 'init') => Promise<void>,
): Promise<GuestNode | undefined> {
  const { clusters, console } = environment;
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
  const formed = await clusters.init(
    {
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
    },
    endpointHost,
  );
  const node = await register(environment, hardware, formed, configuration.node, true);
  await uploadConfiguration(formed, configuration);
  return node;
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

async function join(
  environment: GuestEnvironment,
  hardware: GuestHardware,
  data: BootData,
  files: ReadonlySet<string>,
  configuration: JoinConfiguration,
  took: (what: 'joinControlPlane' | 'joinWorker') => Promise<void>,
): Promise<GuestNode | undefined> {
  const { console } = environment;
  const { controlPlane, node } = configuration;
  if (controlPlane && staleEtcd(hardware)) {
    console('[ERROR DirAvailable--var-lib-etcd]: /var/lib/etcd is not empty');
    return undefined;
  }
  const formed = await discover(environment, configuration);
  if (!formed) return undefined;
  if (controlPlane && caHashOf(data) !== formed.caHash) {
    console(
      'error execution phase control-plane-prepare/certs: the certificates among the files are not those of the cluster',
    );
    return undefined;
  }
  const fault = kubeletFault(node, hardware, files, data);
  await took(controlPlane ? 'joinControlPlane' : 'joinWorker');
  if (fault !== undefined) {
    console(fault);
    console('error execution phase kubelet-start: timed out waiting for the condition');
    return undefined;
  }
  return await register(environment, hardware, formed, node, controlPlane);
}

function caHashOf(data: BootData): string | undefined {
  const pem = data.files.get('/etc/kubernetes/pki/ca.crt')?.content;
  return pem === undefined || pem === '' ? undefined : caCertHash(pem);
}

/** Finds the API server at its endpoint, as kubeadm does: by address, then authority, then token. */
async function discover(
  environment: GuestEnvironment,
  configuration: JoinConfiguration,
): Promise<FormedCluster | undefined> {
  const { network, clusters, clock, signal, console } = environment;
  const { apiServerEndpoint, caCertHashes, token } = configuration;
  const colon = apiServerEndpoint.lastIndexOf(':');
  const host = apiServerEndpoint.slice(0, colon);
  const port = Number(apiServerEndpoint.slice(colon + 1));
  for (let waitedMs = 0; network.resolve(host, port) === undefined; waitedMs += JOIN_RETRY_MS) {
    if (waitedMs === 0) console(`dial tcp ${apiServerEndpoint}: connect: connection refused`);
    if (waitedMs >= JOIN_LIMIT_MS) {
      console("error execution phase preflight: couldn't validate the identity of the API Server");
      return undefined;
    }
    await clock.sleep(JOIN_RETRY_MS, signal);
  }
  const loopbackPort = network.resolve(host, port)?.loopbackPort;
  const formed = clusters.all().find((c) => c.cluster.loopbackPort === loopbackPort);
  if (!formed || !caCertHashes.includes(formed.caHash)) {
    console(
      'error execution phase preflight: cluster CA found in cluster-info ConfigMap is invalid: none of the public keys is pinned',
    );
    return undefined;
  }
  const [id = '', secret = ''] = token.split('.');
  const stored = await formed.cluster.adminClient.find(
    resources.secrets,
    { name: `bootstrap-token-${id}`, namespace: 'kube-system' },
    signal,
  );
  const data = (stored as { data?: Record<string, string> } | undefined)?.data;
  if (Buffer.from(data?.['token-secret'] ?? '', 'base64').toString('utf8') !== secret) {
    console(
      `error execution phase preflight: could not find a JWS signature in the cluster-info ConfigMap for token ID "${id}"`,
    );
    return undefined;
  }
  return formed;
}
