import { resources, type KubeObject } from '../../kube/index.ts';
import { siteOf, type Site } from '../../site/index.ts';
import type { RenderedObject, RenderInputs } from '../contract.ts';
import { apiServerArgs } from '../shared/api-server.ts';
import { fullAuditPolicyFile } from '../shared/audit-policy.ts';
import {
  clusterObject,
  controlPlaneObject,
  machineDeploymentObject,
  platformObject,
  workerConfigObject,
  type KubeadmUser,
} from '../shared/cluster-objects.ts';
import { encryptionProviderText, kubeletPatchFile, paths, psaConfigFile } from '../shared/kubeadm-files.ts';
import { CLUSTER_NAME, controlPlaneNames, workerNames } from '../shared/names.ts';
import { nodeNetwork } from '../shared/node-network.ts';
import { dcsSite, type DcsControlPlaneMachine, type DcsPersistentDisk, type DcsWorkerMachine } from './site.ts';

type DcsSite = ReturnType<typeof dcsView>;
type DcsNode = DcsSite['controlPlane']['nodes'][number];
type Machine = DcsControlPlaneMachine | DcsWorkerMachine;

function dcsView(site: Site) {
  return siteOf(site, dcsSite);
}

/** The provider replaces these two words on each node; quoted or filled in by hand they break the join (dcs.md §6). */
export const magicTokens = { providerID: 'PROVIDER_ID', nodeIP: 'NODE_IP' } as const;

/** Secret in which disaster recovery hands the shared key to the provider (disaster-recovery.md §2). */
export const encryptionSecretName = 'encryption-provider-config';
export const encryptionSecretKey = 'encryption-provider.conf';

const controlPlaneTemplate = 'global-master-template';
const guideWorkerNames = { template: 'global-worker-template', config: 'global-worker-kct' };

const preKubeadmCommands = [
  'while ! ip route | grep -q "default via"; do sleep 1; done; echo "NetworkManager started"',
  'mkdir -p /run/cluster-api && restorecon -Rv /run/cluster-api',
  'if [ -f /etc/disk-setup.sh ]; then bash /etc/disk-setup.sh; fi',
];

interface DatastoreChoice {
  readonly datastoreName?: string | undefined;
  readonly datastoreClusterName?: string | undefined;
}

/** The disk's own choice of storage, else the machine's. */
function datastoreOf(disk: DatastoreChoice, machine: DatastoreChoice): Record<string, string> {
  const choice = disk.datastoreName !== undefined || disk.datastoreClusterName !== undefined ? disk : machine;
  return {
    ...(choice.datastoreName !== undefined && { datastoreName: choice.datastoreName }),
    ...(choice.datastoreClusterName !== undefined && { datastoreClusterName: choice.datastoreClusterName }),
  };
}

function persistentDiskEntry(disk: DcsPersistentDisk, machine: Machine): Record<string, unknown> {
  return {
    slot: disk.slot,
    quantityGB: disk.quantityGB,
    ...datastoreOf(disk, machine),
    ...(disk.path !== undefined && { path: disk.path, format: disk.format }),
    ...(disk.options && { options: disk.options }),
    ...(disk.path !== undefined && disk.mountOptions.length > 0 && { mountOptions: disk.mountOptions }),
    ...(disk.pciType !== undefined && { pciType: disk.pciType }),
  };
}

function poolEntry(site: DcsSite, node: DcsNode, machine: Machine): Record<string, unknown> {
  const { prefix, mask, gateway, dns } = nodeNetwork(site);
  const dotted = site.dcs.maskFormat === 'dotted';
  const disks = node.persistentDisks ?? machine.persistentDisks;
  return {
    ip: node.ip,
    mask: dotted ? mask : String(prefix),
    gateway,
    dns: dns.join(dotted ? ',' : ';'),
    hostname: node.hostname,
    machineName: node.machineName ?? node.hostname,
    ...(node.additionalNics && { additionNic: node.additionalNics.map((nic) => ({ ...nic })) }),
    ...(disks.length > 0 && { persistentDisk: disks.map((disk) => persistentDiskEntry(disk, machine)) }),
  };
}

function poolObject(site: DcsSite, name: string, nodes: readonly DcsNode[], machine: Machine): KubeObject {
  return platformObject(resources.dcsIpHostnamePools, name, {
    spec: { pool: nodes.map((node) => poolEntry(site, node, machine)) },
  });
}

function templateObject(site: DcsSite, name: string, pool: string, machine: Machine): KubeObject {
  const { dcs } = site;
  return platformObject(resources.dcsMachineTemplates, name, {
    spec: {
      template: {
        spec: {
          vmTemplateName: dcs.vmTemplate ?? site.versions.image,
          ...(dcs.location && { location: { ...dcs.location } }),
          vmConfig: {
            ...(dcs.dvSwitchName !== undefined && { dvSwitchName: dcs.dvSwitchName }),
            ...(dcs.portGroupName !== undefined && { portGroupName: dcs.portGroupName }),
            ...(dcs.cdRomDatastoreName !== undefined && { cdRomDatastoreName: dcs.cdRomDatastoreName }),
            dcsMachineCpuSpec: { quantity: machine.cpuCores },
            dcsMachineMemorySpec: { quantity: machine.memoryMB },
            dcsMachineDiskSpec: [
              { quantity: machine.systemDiskGB, ...datastoreOf({}, machine), systemVolume: true },
              ...machine.disks.map((disk) => ({
                quantity: disk.quantityGB,
                ...datastoreOf(disk, machine),
                ...(disk.path !== undefined && { path: disk.path, format: disk.format }),
              })),
            ],
          },
          ipHostPoolRef: { name: pool },
        },
      },
    },
  });
}

function credentialObject(site: DcsSite, password: string): KubeObject {
  const { credentials, endpoint, site: dcsSiteId } = site.dcs;
  return platformObject(resources.secrets, credentials.secretName, {
    type: credentials.secretType,
    stringData: {
      authUser: credentials.username,
      authKey: password,
      endpoint,
      site: dcsSiteId,
      ...(credentials.userType !== undefined && { userType: credentials.userType }),
    },
  });
}

function infraClusterObject(site: DcsSite): KubeObject {
  const endpoint = { host: site.network.controlPlaneVIP, port: 6443 };
  return platformObject(resources.dcsClusters, CLUSTER_NAME, {
    spec: {
      controlPlaneLoadBalancer: { ...endpoint, type: 'external' },
      controlPlaneEndpoint: endpoint,
      credentialSecretRef: { name: site.dcs.credentials.secretName },
      networkType: 'kube-ovn',
      site: site.dcs.site,
      ...(site.dr && { encryptionProviderConfigRef: { name: encryptionSecretName } }),
    },
  });
}

const kubeletArgs = (nodeIP: boolean, controlPlane: boolean): Record<string, string> => ({
  ...(nodeIP && { 'node-ip': magicTokens.nodeIP }),
  ...(controlPlane && { 'node-labels': 'kube-ovn/role=master' }),
  'provider-id': magicTokens.providerID,
  'protect-kernel-defaults': 'true',
  'volume-plugin-dir': paths.volumePlugins,
});

/** The complete DCS manifest in the order of dcs.md §5; in disaster recovery the key's Secret comes second. */
export function dcsObjects({ site: anySite, secrets }: RenderInputs): RenderedObject[] {
  const site = dcsView(anySite);
  const { kubernetes, kubeOvn } = site.versions;
  const users: KubeadmUser[] = [{ name: 'boot', sshAuthorizedKeys: [...site.ssh.authorizedKeys] }];
  const kubeletPatch = (worker: boolean) => kubeletPatchFile({ worker, clientCA: true, kubernetesVersion: kubernetes });

  const controlPlane = controlPlaneObject({
    site,
    template: resources.dcsMachineTemplates,
    templateName: controlPlaneTemplate,
    annotations: { 'controlplane.cluster.x-k8s.io/skip-kube-proxy': '' },
    format: 'ignition',
    users,
    files: [psaConfigFile, kubeletPatch(false), fullAuditPolicyFile],
    preKubeadmCommands,
    imageRepository: site.dcs.imageRepository,
    apiServerArgs: apiServerArgs({ hardened: true, encryption: site.dcs.encryptionArgument }),
    controllerManagerArgs: {
      'bind-address': '::',
      profiling: 'false',
      'tls-min-version': 'VersionTLS12',
      'flex-volume-plugin-dir': paths.volumePlugins,
    },
    init: { kubeletExtraArgs: kubeletArgs(false, true) },
    join: { kubeletExtraArgs: kubeletArgs(true, true) },
  });
  const cluster = clusterObject(site, resources.dcsClusters, {
    labels: { 'cluster-type': 'DCS', 'is-global': 'true' },
    annotations: {
      'capi.cpaas.io/kubernetes': kubernetes,
      'cpaas.io/kube-ovn-join-cidr': site.network.joinCIDR,
      'cpaas.io/kube-ovn-version': kubeOvn,
      'cpaas.io/nodes-mode': 'self-managed',
    },
  });
  const { machine, nodes } = site.controlPlane;
  return [
    { object: credentialObject(site, secrets['password'] ?? ''), from: 'dcs.credentials' },
    ...(site.dr ? [{ object: encryptionSecret(secrets['encryptionKey'] ?? ''), from: 'dr.encryptionKey' }] : []),
    { object: poolObject(site, controlPlaneNames.pool, nodes, machine), from: 'controlPlane.nodes' },
    {
      object: templateObject(site, controlPlaneTemplate, controlPlaneNames.pool, machine),
      from: 'controlPlane.machine',
    },
    { object: controlPlane, from: 'controlPlane' },
    { object: infraClusterObject(site), from: 'dcs' },
    { object: cluster, from: 'network' },
    ...site.workers.flatMap((pool, index) =>
      workerObjects(site, pool, `workers[${String(index)}]`, users, kubeletPatch(true)),
    ),
  ];
}

function encryptionSecret(keyBase64: string): KubeObject {
  return platformObject(resources.secrets, encryptionSecretName, {
    type: 'Opaque',
    stringData: { [encryptionSecretKey]: encryptionProviderText(keyBase64) },
  });
}

function workerObjects(
  site: DcsSite,
  pool: DcsSite['workers'][number],
  from: string,
  users: KubeadmUser[],
  kubeletPatch: ReturnType<typeof kubeletPatchFile>,
): RenderedObject[] {
  const names = workerNames(pool.name, guideWorkerNames);
  return [
    { object: poolObject(site, names.pool, pool.nodes, pool.machine), from: `${from}.nodes` },
    { object: templateObject(site, names.template, names.pool, pool.machine), from: `${from}.machine` },
    {
      object: workerConfigObject({
        name: names.config,
        format: 'ignition',
        users,
        files: [kubeletPatch],
        preKubeadmCommands,
        join: { kubeletExtraArgs: kubeletArgs(true, false) },
      }),
      from,
    },
    {
      object: machineDeploymentObject({
        site,
        name: names.deployment,
        replicas: pool.replicas,
        selector: {},
        templateLabels: { 'cluster.x-k8s.io/cluster-name': CLUSTER_NAME, 'pool.name': names.deployment },
        timeouts: true,
        config: names.config,
        template: resources.dcsMachineTemplates,
        templateName: names.template,
        namespacedReferences: true,
      }),
      from,
    },
  ];
}
