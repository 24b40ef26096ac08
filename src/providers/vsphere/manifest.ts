import { resources, type KubeObject } from '../../kube/index.ts';
import type { RenderedObject, RenderInputs } from '../contract.ts';
import { apiServerArgs } from '../shared/api-server.ts';
import { fullAuditPolicyFile } from '../shared/audit-policy.ts';
import {
  clusterObject,
  controlPlaneObject,
  machineDeploymentObject,
  platformObject,
  reference,
  workerConfigObject,
  type KubeadmUser,
  type NodeRegistration,
} from '../shared/cluster-objects.ts';
import {
  encryptionProviderFile,
  kubeletPatchFile,
  paths,
  psaConfigFile,
  type KubeadmFile,
} from '../shared/kubeadm-files.ts';
import { CLUSTER_NAME, controlPlaneNames, workerNames } from '../shared/names.ts';
import { nodeNetwork } from '../shared/node-network.ts';
import { cpiClusterLabel, cpiObjects } from './cpi.ts';
import { failureDomainObjects } from './failure-domains.ts';
import { imageLoaderFile, imageLoaderPath } from './image-loader.ts';
import {
  vsphereSiteOf,
  type VsphereControlPlaneMachine,
  type VspherePersistentDisk,
  type VsphereSite,
  type VsphereWorkerMachine,
} from './site.ts';

type VsphereNode = VsphereSite['controlPlane']['nodes'][number];
type Machine = VsphereControlPlaneMachine | VsphereWorkerMachine;

/** The one name that the import list and the provider expect for `global` (vsphere.md §4). */
export const credentialSecretName = 'global-vsphere-credentials';

const controlPlaneTemplate = 'global-master-machine-template';
const guideWorkerNames = { template: 'global-worker', config: 'global-worker-bootstrap' };

/** cloud-init renders these on each node; they are no templates of ours. */
export const cloudInitTokens = { hostname: '{{ ds.meta_data.hostname }}', localHostname: '{{ local_hostname }}' };

const preKubeadmCommands = [
  `hostnamectl set-hostname "${cloudInitTokens.hostname}"`,
  'echo "::1         ipv6-localhost ipv6-loopback localhost6 localhost6.localdomain6" >/etc/hosts',
  `echo "127.0.0.1   ${cloudInitTokens.hostname} ${cloudInitTokens.localHostname} localhost localhost.localdomain localhost4 localhost4.localdomain4" >>/etc/hosts`,
  'while ! ip route | grep -q "default via"; do sleep 1; done; echo "NetworkManager started"',
  imageLoaderPath,
];

/** The folder in vCenter: `/<datacenter>/vm/global`, with one child a side in disaster recovery. */
export function vmFolder(site: VsphereSite): string {
  return site.vsphere.folder ?? `/${site.vsphere.datacenter}/vm/global${site.dr ? `/${site.dr.role}` : ''}`;
}

/** Every datacenter that a slot names, in order of first use. */
export function datacentersInUse(site: VsphereSite): string[] {
  const nodes = [...site.controlPlane.nodes, ...site.workers.flatMap((pool) => pool.nodes)];
  return [...new Set([site.vsphere.datacenter, ...nodes.flatMap((node) => node.datacenter ?? [])])];
}

/** No source fixes the registry of a `global` install; that of the bootstrap host is the one that nodes reach by then. */
export function imageRegistry(site: VsphereSite): string {
  return site.vsphere.imageRegistry ?? site.bootstrap.registry.nodeAddress;
}

function diskEntry(disk: VspherePersistentDisk): Record<string, unknown> {
  return {
    name: disk.name,
    sizeGiB: disk.sizeGiB,
    ...(disk.mountPath !== undefined && { mountPath: disk.mountPath, fsFormat: disk.fsFormat }),
    ...(disk.wipeFilesystem && { wipeFilesystem: true }),
    ...(disk.datastore !== undefined && { datastore: disk.datastore }),
  };
}

function slot(site: VsphereSite, node: VsphereNode, machine: Machine): Record<string, unknown> {
  const { prefix, gateway, dns } = nodeNetwork(site);
  const { vsphere } = site;
  const disks = node.persistentDisks ?? machine.persistentDisks;
  return {
    hostname: node.hostname,
    datacenter: node.datacenter ?? vsphere.datacenter,
    network: {
      primary: {
        networkName: vsphere.networkName,
        ...(vsphere.deviceName !== undefined && { deviceName: vsphere.deviceName }),
        ip: `${node.ip}/${String(prefix)}`,
        gateway,
        dns: [...dns],
      },
      ...(node.additionalNics && {
        additional: node.additionalNics.map((nic) => ({
          networkName: nic.networkName,
          ...(nic.deviceName !== undefined && { deviceName: nic.deviceName }),
          ...(nic.ip !== undefined && { ip: `${nic.ip}/${String(nic.prefix ?? prefix)}` }),
          ...(nic.gateway !== undefined && { gateway: nic.gateway }),
          ...(nic.dns && { dns: nic.dns }),
        })),
      }),
    },
    ...(disks.length > 0 && { persistentDisks: disks.map(diskEntry) }),
  };
}

function poolObject(site: VsphereSite, name: string, nodes: readonly VsphereNode[], machine: Machine): KubeObject {
  return platformObject(resources.vsphereMachineConfigPools, name, {
    spec: {
      clusterRef: reference(resources.clusters, CLUSTER_NAME),
      datacenter: site.vsphere.datacenter,
      releaseDelayHours: site.vsphere.releaseDelayHours,
      configs: nodes.map((node) => slot(site, node, machine)),
    },
  });
}

/** The NICs of a template stand in the order of its pool's: all slots of one pool have the same networks. */
function devices(site: VsphereSite, nodes: readonly VsphereNode[]): { networkName: string }[] {
  const further = nodes[0]?.additionalNics ?? [];
  return [{ networkName: site.vsphere.networkName }, ...further.map(({ networkName }) => ({ networkName }))];
}

function templateObject(
  site: VsphereSite,
  names: { name: string; pool: string },
  nodes: readonly VsphereNode[],
  machine: Machine,
): KubeObject {
  const { vsphere } = site;
  return platformObject(resources.vsphereMachineTemplates, names.name, {
    spec: {
      template: {
        spec: {
          server: vsphere.server,
          template: vsphere.template ?? site.versions.image,
          cloneMode: vsphere.cloneMode,
          folder: vmFolder(site),
          datastore: machine.datastore,
          ...(machine.resourcePool !== undefined && { resourcePool: machine.resourcePool }),
          diskGiB: machine.diskGiB,
          memoryMiB: machine.memoryMiB,
          numCPUs: machine.numCPUs,
          os: 'Linux',
          powerOffMode: vsphere.powerOffMode,
          network: { devices: devices(site, nodes) },
          machineConfigPoolRef: reference(resources.vsphereMachineConfigPools, names.pool, true),
        },
      },
    },
  });
}

function infraClusterObject(site: VsphereSite): KubeObject {
  return platformObject(resources.vsphereClusters, CLUSTER_NAME, {
    spec: {
      controlPlaneEndpoint: { host: site.network.controlPlaneVIP, port: 6443 },
      identityRef: { kind: 'Secret', name: credentialSecretName },
      server: site.vsphere.server,
      thumbprint: site.vsphere.thumbprint,
      ...(site.vsphere.failureDomains && { failureDomainSelector: {} }),
    },
  });
}

function registration(controlPlane: boolean, join: boolean): NodeRegistration {
  return {
    criSocket: '/var/run/containerd/containerd.sock',
    ignorePreflightErrors: ['ImagePull'],
    name: cloudInitTokens.localHostname,
    kubeletExtraArgs: {
      'cloud-provider': 'external',
      ...(controlPlane && { 'node-labels': 'kube-ovn/role=master' }),
      ...(join && { 'volume-plugin-dir': paths.volumePlugins }),
    },
  };
}

/** The complete vSphere manifest in the order of vsphere.md §5. The encryption file is always kept. */
export function vsphereObjects({ site: anySite, secrets, authenticated }: RenderInputs): RenderedObject[] {
  const site = vsphereSiteOf(anySite);
  const { vsphere } = site;
  const { kubernetes, kubeOvn } = site.versions;
  const users: KubeadmUser[] = [
    { name: 'boot', sudo: 'ALL=(ALL) NOPASSWD:ALL', sshAuthorizedKeys: [...site.ssh.authorizedKeys] },
  ];
  const kubeletPatch = (worker: boolean) =>
    kubeletPatchFile({ worker, clientCA: false, kubernetesVersion: kubernetes });
  const password = secrets['password'] ?? '';

  const cluster = clusterObject(site, resources.vsphereClusters, {
    labels: {
      'cluster.x-k8s.io/cluster-name': CLUSTER_NAME,
      'cluster-type': 'VSphere',
      'is-global': 'true',
      ...cpiClusterLabel,
    },
    annotations: {
      'cpaas.io/sentry-deploy-type': 'Baremetal',
      'cpaas.io/alb-address-type': 'ClusterAddress',
      'cpaas.io/network-type': 'kube-ovn',
      'cpaas.io/kube-ovn-version': kubeOvn,
      'cpaas.io/kube-ovn-join-cidr': site.network.joinCIDR,
    },
  });
  const controlPlane = controlPlaneObject({
    site,
    template: resources.vsphereMachineTemplates,
    templateName: controlPlaneTemplate,
    machineLabels: { 'node-role.kubernetes.io/control-plane': '' },
    format: 'cloud-config',
    users,
    files: [
      psaConfigFile,
      kubeletPatch(false),
      encryptionProviderFile(secrets['encryptionKey'] ?? ''),
      fullAuditPolicyFile,
      imageLoaderFile,
    ],
    preKubeadmCommands,
    imageRepository: `${imageRegistry(site)}/tkestack`,
    apiServerArgs: apiServerArgs({ hardened: true, encryption: true }),
    controllerManagerArgs: {
      'bind-address': '::',
      'cloud-provider': 'external',
      profiling: 'false',
      'tls-min-version': 'VersionTLS12',
    },
    init: registration(true, false),
    join: registration(true, true),
  });
  const cpi = cpiObjects({
    server: vsphere.server,
    username: vsphere.credentials.username,
    password,
    datacenters: vsphere.cpi.datacenters ?? datacentersInUse(site),
    insecure: vsphere.cpi.insecure,
    image: `${imageRegistry(site)}/ait/cloud-provider-vsphere:${vsphere.cpi.imageTag}`,
    ...(authenticated && { imagePullSecret: 'global-registry-auth' }),
    labels: vsphere.failureDomains !== undefined,
  });
  const { machine, nodes } = site.controlPlane;
  return [
    {
      object: platformObject(resources.secrets, credentialSecretName, {
        type: 'Opaque',
        stringData: { username: vsphere.credentials.username, password },
      }),
      from: 'vsphere.credentials',
    },
    { object: cluster, from: 'network' },
    { object: infraClusterObject(site), from: 'vsphere' },
    ...failureDomainObjects(site).map((object) => ({ object, from: 'vsphere.failureDomains' })),
    ...cpi.map((object) => ({ object, from: 'vsphere.cpi' })),
    { object: poolObject(site, controlPlaneNames.pool, nodes, machine), from: 'controlPlane.nodes' },
    {
      object: templateObject(site, { name: controlPlaneTemplate, pool: controlPlaneNames.pool }, nodes, machine),
      from: 'controlPlane.machine',
    },
    { object: controlPlane, from: 'controlPlane' },
    ...site.workers.flatMap((pool, index) =>
      workerObjects(site, pool, `workers[${String(index)}]`, users, [kubeletPatch(true), imageLoaderFile]),
    ),
  ];
}

function workerObjects(
  site: VsphereSite,
  pool: VsphereSite['workers'][number],
  from: string,
  users: KubeadmUser[],
  files: readonly KubeadmFile[],
): RenderedObject[] {
  const names = workerNames(pool.name, guideWorkerNames);
  return [
    { object: poolObject(site, names.pool, pool.nodes, pool.machine), from: `${from}.nodes` },
    {
      object: templateObject(site, { name: names.template, pool: names.pool }, pool.nodes, pool.machine),
      from: `${from}.machine`,
    },
    {
      object: workerConfigObject({
        name: names.config,
        format: 'cloud-config',
        users,
        files,
        preKubeadmCommands,
        join: registration(false, true),
      }),
      from,
    },
    {
      object: machineDeploymentObject({
        site,
        name: names.deployment,
        replicas: pool.replicas,
        selector: { nodepool: pool.name },
        templateLabels: { 'cluster.x-k8s.io/cluster-name': CLUSTER_NAME, nodepool: pool.name },
        timeouts: false,
        failureDomain: pool.machine.failureDomain,
        config: names.config,
        template: resources.vsphereMachineTemplates,
        templateName: names.template,
        namespacedReferences: false,
      }),
      from,
    },
  ];
}
