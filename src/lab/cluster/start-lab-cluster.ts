import { setMaxListeners } from 'node:events';
import { isIP } from 'node:net';
import type { KeyValueStore } from '../../etcd/index.ts';
import { formatKubeconfig, HttpKubeClient, isKubeReason, resources } from '../../kube/index.ts';
import { Cleanup } from '../cleanup.ts';
import { createClusterCertificates, startApiServer, type ApiServer } from '../apiserver/index.ts';
import { EventRecorder, runKubernetesControllers } from '../controllers/index.ts';
import { MemoryStore, startEtcdServer } from '../etcd/index.ts';
import { IpPool, Kubelets, nodeSlice, PodLogStore, registryImageCheck } from '../kubelet/index.ts';
import { formatAddress, type Binding } from '../network/index.ts';
import { CertificateAuthority, type KeyPair } from '../pki/index.ts';
import type { EtcdAccess, LabCluster, LabClusterOptions, LabNodeOptions } from './lab-cluster.ts';
import { PodAccesses } from './pod-access.ts';
import { createStaticPods } from './static-pods.ts';

const API_PORT = 6443;
const ETCD_PORT = 2379;

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
  const store: KeyValueStore = options.store ?? new MemoryStore();
  if (!options.store) cleanup.defer(() => store.close());
  const apiAddresses = options.apiAddresses ?? [];
  const logs = new PodLogStore();

  const names = [...apiAddresses.map(({ host }) => host), ...(options.sans ?? [])];
  const certificates = await createClusterCertificates({
    names: names.filter((n) => isIP(n) === 0),
    addresses: [...names.filter((n) => isIP(n) !== 0), serviceAddress(options.serviceCIDR)],
    ...(options.authorities?.cluster && { authority: options.authorities.cluster }),
    ...(options.authorities?.serviceAccountKeyPem !== undefined && {
      serviceAccountKeyPem: options.authorities.serviceAccountKeyPem,
    }),
  });
  const [api, etcd] = await Promise.all([
    startApiServer({
      store,
      certificates,
      clock,
      random,
      version: kubernetesVersion,
      serviceCidr: options.serviceCIDR,
      validators: options.validators,
      podLogs: (namespace, pod, query) => Promise.resolve(logs.read(`${namespace}/${pod}`, query, clock.now())),
    }),
    serveEtcd(store, options, cleanup),
  ]);
  cleanup.defer(() => api.close());

  const admin = await certificates.authority.issue({
    commonName: 'kubernetes-admin',
    organizations: ['system:masters'],
    usages: ['client'],
  });
  const access = (user: KeyPair, server: string, proxyUrl?: string): Parameters<typeof formatKubeconfig>[1] => ({
    server,
    caPem: api.caPem,
    insecureSkipTlsVerify: false,
    proxyUrl,
    clientCertificatePem: user.certificatePem,
    clientKeyPem: user.keyPem,
  });
  const connect = (fieldManager: string): HttpKubeClient => {
    const client = new HttpKubeClient(access(admin, api.url), { fieldManager });
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
    caPem: api.caPem,
    loopbackUrl: api.url,
  });
  cleanup.defer(() => podAccesses.close());

  const bindings = new Map<string, Binding[]>();
  for (const address of apiAddresses) addBinding(bindings, '', network.bind(address, api.port));
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
      caPem: api.caPem,
      onError,
      onSynced: resolve,
    }).catch((error: unknown) => {
      reject(error instanceof Error ? error : new Error(String(error)));
      if (!stop.signal.aborted) log(`${name}: controllers ended: ${String(error)}`);
    });
  });

  const [first] = apiAddresses;
  const server = first ? `https://${formatAddress(first)}` : api.url;
  let nodeCount = 0;
  return {
    name,
    server,
    loopbackPort: api.port,
    caPem: api.caPem,
    store,
    etcd,
    adminClient,
    kubeconfig: (wanted = {}) => formatKubeconfig(name, access(admin, wanted.server ?? server, wanted.proxyUrl)),
    get nodeNames() {
      return kubelets.nodeNames;
    },
    addNode: async (node) => {
      const index = nodeCount++;
      if (node.controlPlane === true) bindControlPlane({ node, bindings, network, api, etcd });
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
      if (node.controlPlane === true) await createStaticPods(adminClient, node.name, kubernetesVersion);
    },
    removeNode: async (nodeName) => {
      for (const binding of bindings.get(nodeName) ?? []) binding.dispose();
      bindings.delete(nodeName);
      kubelets.stopNode(nodeName);
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

function bindControlPlane(options: {
  node: LabNodeOptions;
  bindings: Map<string, Binding[]>;
  network: LabClusterOptions['network'];
  api: ApiServer;
  etcd: EtcdAccess;
}): void {
  const { node, bindings, network, api, etcd } = options;
  for (const [port, loopbackPort] of [
    [API_PORT, api.port],
    [ETCD_PORT, etcd.loopbackPort],
  ] as const)
    addBinding(bindings, node.name, network.bind({ host: node.ip, port }, loopbackPort));
}

async function serveEtcd(store: KeyValueStore, options: LabClusterOptions, cleanup: Cleanup): Promise<EtcdAccess> {
  const authority = options.authorities?.etcd
    ? await CertificateAuthority.fromPem(options.authorities.etcd)
    : await CertificateAuthority.create('etcd-ca');
  const names = ['localhost', '127.0.0.1', ...(options.sans ?? []), ...(options.etcdSans ?? [])];
  const [server, client] = await Promise.all([
    authority.issue({
      commonName: 'etcd',
      dnsNames: [...new Set(names.filter((n) => isIP(n) === 0))],
      ipAddresses: [...new Set(names.filter((n) => isIP(n) !== 0))],
    }),
    authority.issue({ commonName: 'root', organizations: ['system:masters'], usages: ['client'] }),
  ]);
  const running = await startEtcdServer({
    store,
    name: options.name,
    tls: { certificate: server.certificatePem, key: server.keyPem, clientCa: authority.certificatePem },
  });
  cleanup.defer(() => running.close());
  return { loopbackPort: running.port, caPem: authority.certificatePem, client };
}

async function removeNodeObjects(client: HttpKubeClient, nodeName: string): Promise<void> {
  const ignoreGone = (error: unknown): void => {
    if (!isKubeReason(error, 'NotFound')) throw error;
  };
  const { items } = await client.list(resources.pods, { fieldSelector: `spec.nodeName=${nodeName}` });
  await client.delete(resources.nodes, { name: nodeName }).catch(ignoreGone);
  for (const pod of items)
    await client
      .delete(
        resources.pods,
        { name: pod.metadata.name ?? '', namespace: pod.metadata.namespace },
        { gracePeriodSeconds: 0 },
      )
      .catch(ignoreGone);
}
