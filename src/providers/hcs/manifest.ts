import { resources, type KubeObject } from '../../kube/index.ts';
import { siteOf, type Site } from '../../site/index.ts';
import type { RenderedObject, RenderInputs } from '../contract.ts';
import { apiServerArgs } from '../shared/api-server.ts';
import { metadataAuditPolicyFile } from '../shared/audit-policy.ts';
import {
  clusterObject,
  controlPlaneObject,
  machineDeploymentObject,
  platformObject,
  workerConfigObject,
} from '../shared/cluster-objects.ts';
import { encryptionProviderFile, kubeletPatchFile, paths, psaConfigFile } from '../shared/kubeadm-files.ts';
import { CLUSTER_NAME, controlPlaneNames, workerNames } from '../shared/names.ts';
import { hcsSite, type HcsControlPlaneMachine, type HcsPersistentDisk, type HcsWorkerMachine } from './site.ts';

type HcsSite = ReturnType<typeof hcsView>;
type HcsNode = HcsSite['controlPlane']['nodes'][number];
type Machine = HcsControlPlaneMachine | HcsWorkerMachine;

export function hcsView(site: Site) {
  return siteOf(site, hcsSite);
}

const controlPlaneTemplate = 'global-master-machine-template';
const guideWorkerNames = { template: 'global-worker-template', config: 'global-worker-kct' };

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

function credentialObject(site: HcsSite, secrets: RenderInputs['secrets']): KubeObject {
  const { credentials } = site.hcs;
  return platformObject(resources.secrets, credentials.secretName, {
    type: 'Opaque',
    data: {
      accessKey: base64(secrets['accessKey'] ?? ''),
      secretKey: base64(secrets['secretKey'] ?? ''),
      projectID: base64(credentials.projectID),
      region: base64(credentials.region),
      externalGlobalDomain: base64(credentials.externalGlobalDomain),
      ...(credentials.schema !== undefined && { schema: base64(credentials.schema) }),
    },
  });
}

function diskEntry(disk: HcsPersistentDisk): Record<string, unknown> {
  return {
    slot: disk.slot,
    size: disk.sizeGB,
    type: disk.type,
    ...(disk.mountPath !== undefined && { mountPath: disk.mountPath, format: disk.format }),
    ...(disk.mountOptions && { mountOptions: disk.mountOptions }),
  };
}

/** The subnet of a node: its own, its machine's, else the first of the cluster. */
export function subnetOf(site: HcsSite, node: { subnetName?: string | undefined }, machine: Machine): string {
  return node.subnetName ?? machine.subnetName ?? site.hcs.network.subnets[0] ?? '';
}

function poolEntry(site: HcsSite, node: HcsNode, machine: Machine): Record<string, unknown> {
  const disks = node.persistentDisks ?? machine.persistentDisks;
  return {
    hostname: node.hostname,
    networks: [
      { subnetName: subnetOf(site, node, machine), ipAddress: node.ip },
      ...(node.additionalNics ?? []).map((nic) => ({ subnetName: nic.subnetName, ipAddress: nic.ip })),
    ],
    ...(disks.length > 0 && { persistentDisks: disks.map(diskEntry) }),
  };
}

function poolObject(site: HcsSite, name: string, nodes: readonly HcsNode[], machine: Machine): KubeObject {
  return platformObject(
    resources.hcsMachineConfigPools,
    name,
    { spec: { configs: nodes.map((node) => poolEntry(site, node, machine)) } },
    { labels: { 'cluster.x-k8s.io/cluster-name': CLUSTER_NAME } },
  );
}

function templateObject(site: HcsSite, name: string, pool: string, machine: Machine): KubeObject {
  return platformObject(resources.hcsMachineTemplates, name, {
    spec: {
      template: {
        spec: {
          imageName: site.hcs.imageName ?? site.versions.image,
          flavorName: machine.flavorName,
          ...(machine.availabilityZone !== undefined && { availabilityZone: machine.availabilityZone }),
          rootVolume: { type: machine.rootVolume.type, size: machine.rootVolume.sizeGB },
          configPoolRef: { name: pool },
          dataVolumes: machine.dataVolumes.map((volume) => ({
            size: volume.sizeGB,
            type: volume.type,
            mountPath: volume.mountPath,
            format: volume.format,
          })),
        },
      },
    },
  });
}

function infraClusterObject(site: HcsSite): KubeObject {
  const { network, loadBalancer, credentials } = site.hcs;
  const addresses = (side: (typeof loadBalancer)['l4']) =>
    side.map(({ subnetName, ips }) => ({ subnetName: subnetName ?? loadBalancer.subnetName, ips: [...ips] }));
  return platformObject(resources.hcsClusters, CLUSTER_NAME, {
    spec: {
      networkType: 'kube-ovn',
      identityRef: { name: credentials.secretName },
      network: {
        vpc: { name: network.vpc },
        subnets: network.subnets.map((name) => ({ name })),
        securityGroup: { name: network.securityGroup },
      },
      controlPlaneLoadBalancer: {
        vipAddress: site.network.controlPlaneVIP,
        vipSubnetName: loadBalancer.subnetName,
        ...(loadBalancer.vipDomainName !== undefined && { vipDomainName: loadBalancer.vipDomainName }),
        elbVirsubnetL4Ips: addresses(loadBalancer.l4),
        elbVirsubnetL7Ips: addresses(loadBalancer.l7),
      },
    },
  });
}

const volumePluginDir = { 'volume-plugin-dir': paths.volumePlugins };

/** The complete HCS manifest in the order of hcs.md §4. The encryption file is there in disaster recovery only. */
export function hcsObjects({ site: anySite, secrets }: RenderInputs): RenderedObject[] {
  const site = hcsView(anySite);
  const { kubernetes, kubeOvn } = site.versions;
  const kubeletPatch = (worker: boolean) => kubeletPatchFile({ worker, clientCA: true, kubernetesVersion: kubernetes });

  const controlPlane = controlPlaneObject({
    site,
    template: resources.hcsMachineTemplates,
    templateName: controlPlaneTemplate,
    format: 'cloud-config',
    files: [
      psaConfigFile,
      kubeletPatch(false),
      metadataAuditPolicyFile,
      ...(site.dr ? [encryptionProviderFile(secrets['encryptionKey'] ?? '')] : []),
    ],
    imageRepository: site.hcs.imageRepository,
    apiServerArgs: apiServerArgs({ hardened: false, encryption: true }),
    controllerManagerArgs: {
      'bind-address': '::',
      'flex-volume-plugin-dir': paths.volumePlugins,
      profiling: 'false',
      'tls-min-version': 'VersionTLS12',
    },
    init: {
      kubeletExtraArgs: {
        'node-labels': 'kube-ovn/role=master',
        'protect-kernel-defaults': 'true',
        ...volumePluginDir,
      },
    },
    join: { kubeletExtraArgs: { 'node-labels': 'kube-ovn/role=master', ...volumePluginDir } },
  });
  const cluster = clusterObject(site, resources.hcsClusters, {
    labels: { 'cluster-type': 'HCS', 'is-global': 'true' },
    annotations: {
      'cpaas.io/sentry-deploy-type': 'Baremetal',
      'cpaas.io/alb-address-type': 'ClusterAddress',
      'cpaas.io/kube-ovn-join-cidr': site.network.joinCIDR,
      'cpaas.io/kube-ovn-version': kubeOvn,
    },
  });
  const { machine, nodes } = site.controlPlane;
  return [
    { object: credentialObject(site, secrets), from: 'hcs.credentials' },
    { object: poolObject(site, controlPlaneNames.pool, nodes, machine), from: 'controlPlane.nodes' },
    {
      object: templateObject(site, controlPlaneTemplate, controlPlaneNames.pool, machine),
      from: 'controlPlane.machine',
    },
    { object: controlPlane, from: 'controlPlane' },
    { object: infraClusterObject(site), from: 'hcs' },
    { object: cluster, from: 'network' },
    ...site.workers.flatMap((pool, index) =>
      workerObjects(site, pool, `workers[${String(index)}]`, kubeletPatch(true)),
    ),
  ];
}

function workerObjects(
  site: HcsSite,
  pool: HcsSite['workers'][number],
  from: string,
  kubeletPatch: ReturnType<typeof kubeletPatchFile>,
): RenderedObject[] {
  const names = workerNames(pool.name, guideWorkerNames);
  return [
    { object: poolObject(site, names.pool, pool.nodes, pool.machine), from: `${from}.nodes` },
    { object: templateObject(site, names.template, names.pool, pool.machine), from: `${from}.machine` },
    {
      object: workerConfigObject({
        name: names.config,
        format: 'cloud-config',
        files: [kubeletPatch],
        join: { kubeletExtraArgs: { ...volumePluginDir } },
      }),
      from,
    },
    {
      object: machineDeploymentObject({
        site,
        name: names.deployment,
        replicas: pool.replicas,
        selector: {},
        timeouts: true,
        config: names.config,
        template: resources.hcsMachineTemplates,
        templateName: names.template,
        namespacedReferences: false,
      }),
      from,
    },
  ];
}
