import { setMaxListeners } from 'node:events';
import { isIP } from 'node:net';
import { formatKubeconfig, HttpKubeClient } from '../../kube/index.ts';
import { Cleanup } from '../cleanup.ts';
import { createClusterCertificates, TokenSigner, type ClusterCertificates } from '../apiserver/index.ts';
import { createEtcdCertificates, startLabControlPlane, type ControlPlane } from '../control-plane/index.ts';
import {
  EventRecorder,
  runKubernetesControllers,
  tokenSecretsReconciler,
  type KubernetesControllersOptions,
} from '../controllers/index.ts';
import { IpPool, Kubelets, nodeSlice, PodLogStore, registryImageCheck } from '../kubelet/index.ts';
import { formatAddress, type Binding } from '../network/index.ts';
import type { KeyPair } from '../pki/index.ts';
import type { LabCluster, LabClusterOptions, LabNodeOptions } from './lab-cluster.ts';
import { publishApiEndpoints, removeNodeObjects } from './node-objects.ts';
import { PodAccesses } from './pod-access.ts';
import { createStaticPods } from './static-pods.ts';

const API_PORT = 6443;
const ETCD_PORT = 2379;
const KUBELET_PORT = 10250;

/**
 * Starts a cluster: etcd, API server, Kubernetes' controllers, and kubelets for the nodes that are added afterwards. Resolves
 * when the API server answers and the controllers hold their first lists. What was started is stopped again on failure.
 */
export async function startLabCluster(options: LabClusterOptions): Promise<LabCluster> {
  const cleanup = new Cleanup();
  try {
    return await assemble(options, cleanup);
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

async function assemble(options: LabClusterOptions, cleanup: Cleanup): Promise<LabCluster> {
  const { name, network, clock, random, kubernetesVersion, log = () => undefined } = options;
  const apiAddresses = options.apiAddresses ?? [];
  const logs = new PodLogStore();
  const names = [...apiAddresses.map(({ host }) => host), ...(options.sans ?? [])];
  const [certificates, etcdCertificates] = await Promise.all([
    createClusterCertificates({
      names: names.filter((n) => isIP(n) === 0),
      addresses: [...names.filter((n) => isIP(n) !== 0), serviceAddress(options.serviceCIDR)],
      ...(options.authorities?.cluster && { authority: options.authorities.cluster }),
      ...(options.authorities?.serviceAccountKeyPem !== undefined && {
        serviceAccountKeyPem: options.authorities.serviceAccountKeyPem,
      }),
    }),
    createEtcdCertificates({
      names: [...(options.sans ?? []), ...(options.etcdSans ?? [])],
      authority: options.authorities?.etcd,
    }),
  ]);
  const start = options.startControlPlane ?? startLabControlPlane;
  const controlPlane = await start({
    name,
    certificates,
    etcdCertificates,
    kubernetesVersion,
    serviceCIDR: options.serviceCIDR,
    apiServer: options.apiServer,
    validators: options.validators ?? {},
    logs,
    storage: options.storage,
    proxyUrl: options.proxyUrl,
    clock,
    random,
    log,
  });
  cleanup.defer(() => controlPlane.close());
  const caPem = certificates.authority.certificatePem;
  const loopbackUrl = `https://127.0.0.1:${String(controlPlane.apiPort)}`;

  const admin = await certificates.authority.issue({
    commonName: 'kubernetes-admin',
    organizations: ['system:masters'],
    usages: ['client'],
  });
  const access = (user: KeyPair, server: string, proxyUrl?: string): Parameters<typeof formatKubeconfig>[1] => ({
    server,
    caPem,
    insecureSkipTlsVerify: false,
    proxyUrl,
    clientCertificatePem: user.certificatePem,
    clientKeyPem: user.keyPem,
  });
  const connect = (fieldManager: string): HttpKubeClient => {
    const client = new HttpKubeClient(access(admin, loopbackUrl), { fieldManager });
    cleanup.defer(() => client.close());
    return client;
  };
  const adminClient = connect('globalctl-lab');
  const stop = new AbortController();
  // Every informer and every sleep of this cluster listens to it.
  setMaxListeners(0, stop.signal);
  const podAccesses = new PodAccesses({
    clusterName: name,
    authority: certificates.authority,
    caPem,
    loopbackUrl,
  });
  cleanup.defer(() => podAccesses.close());

  const bindings = new Map<string, Binding[]>();
  for (const address of apiAddresses) addBinding(bindings, '', network.bind(address, controlPlane.apiPort));
  cleanup.defer(() => {
    for (const list of bindings.values()) for (const binding of list) binding.dispose();
  });

  const onError = (key: string, error: { message: string }): void => log(`${name}: ${key}: ${error.message}`);
  const recorders = new Map<string, EventRecorder>();
  const kubeletClient = connect('kubelet');
  const kubelets = new Kubelets({
    requiresCni: options.requiresCni,
    signal: stop.signal,
    onError,
    host: {
      clusterName: name,
      client: kubeletClient,
      clock,
      random,
      network,
      proxyUrl: options.proxyUrl,
      services: options.services,
      programs: options.programs,
      imageAvailable: options.imageAvailable ?? registryImageCheck(network),
      podAccess: (pod) => podAccesses.for(pod),
      podIPs: new IpPool(options.podCIDR),
      logs,
      eventsFor: (node) => {
        let recorder = recorders.get(node);
        if (!recorder) {
          recorder = new EventRecorder({ client: kubeletClient, component: 'kubelet', host: node, clock });
          recorders.set(node, recorder);
        }
        return recorder;
      },
    },
  });

  let controllers: Promise<void> = Promise.resolve();
  cleanup.defer(async () => {
    stop.abort('stopped');
    await Promise.all([controllers, kubelets.stopped()]);
  });
  await new Promise<void>((resolve, reject) => {
    controllers = runKubernetesControllers({
      client: connect('kube-controller-manager'),
      clock,
      random,
      signal: stop.signal,
      caPem,
      further: controlPlane.bare ? bareControllers(certificates) : undefined,
      onError,
      onSynced: resolve,
    }).catch((error: unknown) => {
      reject(error instanceof Error ? error : new Error(String(error)));
      if (!stop.signal.aborted) log(`${name}: controllers ended: ${String(error)}`);
    });
  });

  const [first] = apiAddresses;
  const server = first ? `https://${formatAddress(first)}` : loopbackUrl;
  const controlPlaneIps = new Map<string, string>();
  let nodeCount = 0;
  return {
    name,
    server,
    loopbackPort: controlPlane.apiPort,
    caPem,
    etcd: controlPlane.etcd,
    version: controlPlane.version,
    failure: () => controlPlane.failure(),
    adminClient,
    kubeconfig: (wanted = {}) => formatKubeconfig(name, access(admin, wanted.server ?? server, wanted.proxyUrl)),
    get nodeNames() {
      return kubelets.nodeNames;
    },
    addNode: async (node) => {
      const index = nodeCount++;
      bindNode({ node, bindings, network, controlPlane });
      await kubelets.addNode(
        {
          name: node.name,
          ip: node.ip,
          labels: node.controlPlane === true ? { ...controlPlaneLabels, ...node.labels } : node.labels,
          annotations: node.annotations,
          taints: node.taints ?? (node.controlPlane === true ? [CONTROL_PLANE_TAINT] : []),
          providerID: node.providerID,
          podCIDR: nodeSlice(options.podCIDR, index),
          kubernetesVersion,
          osImage: options.osImage ?? 'MicroOS',
          machineId: random.uuid('machine-id', name, node.name).replaceAll('-', ''),
          cpus: node.cpus ?? 8,
          memoryGiB: node.memoryGiB ?? 16,
        },
        node.images === 'all' ? 'all' : new Set(node.images),
      );
      if (node.controlPlane !== true) return;
      controlPlaneIps.set(node.name, node.ip);
      await publishApiEndpoints(adminClient, [...controlPlaneIps.values()], API_PORT);
      await createStaticPods(adminClient, node.name, kubernetesVersion);
    },
    removeNode: async (nodeName) => {
      for (const binding of bindings.get(nodeName) ?? []) binding.dispose();
      bindings.delete(nodeName);
      kubelets.stopNode(nodeName);
      if (controlPlaneIps.delete(nodeName))
        await publishApiEndpoints(adminClient, [...controlPlaneIps.values()], API_PORT);
      await removeNodeObjects(adminClient, nodeName);
    },
    stop: async () => {
      await cleanup.run();
      await options.onStopped?.();
    },
  };
}

const CONTROL_PLANE_TAINT = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' } as const;

const controlPlaneLabels = {
  'node-role.kubernetes.io/control-plane': '',
  'node.kubernetes.io/exclude-from-external-load-balancers': '',
};

/** The first address of the service network is the API server's. */
function serviceAddress(cidr: string): string {
  const octets = (cidr.split('/')[0] ?? '').split('.').map(Number);
  return octets.map((octet, i) => (i === 3 ? octet + 1 : octet)).join('.');
}

function addBinding(bindings: Map<string, Binding[]>, owner: string, binding: Binding): void {
  bindings.set(owner, [...(bindings.get(owner) ?? []), binding]);
}

/** What kube-controller-manager does and the lab's own API server does by itself. */
function bareControllers({
  authority,
  serviceAccountKeyPem,
}: ClusterCertificates): NonNullable<KubernetesControllersOptions['further']> {
  const signer = new TokenSigner(serviceAccountKeyPem);
  return {
    'token-controller': tokenSecretsReconciler({
      caPem: authority.certificatePem,
      tokenFor: (account, secretName) => signer.forSecret(account, secretName),
    }),
  };
}

/** What answers at a node's address: its kubelet, and on control plane nodes the API server and etcd. */
function bindNode(options: {
  node: LabNodeOptions;
  bindings: Map<string, Binding[]>;
  network: LabClusterOptions['network'];
  controlPlane: ControlPlane;
}): void {
  const { node, bindings, network, controlPlane } = options;
  const { kubeletPort, apiPort, etcd } = controlPlane;
  const ports: (readonly [number, number])[] = [
    ...(kubeletPort === undefined ? [] : [[KUBELET_PORT, kubeletPort] as const]),
    ...(node.controlPlane === true
      ? ([
          [API_PORT, apiPort],
          [ETCD_PORT, etcd.loopbackPort],
        ] as const)
      : []),
  ];
  for (const [port, loopbackPort] of ports)
    addBinding(bindings, node.name, network.bind({ host: node.ip, port }, loopbackPort));
}
