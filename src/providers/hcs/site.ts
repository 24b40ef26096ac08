import { z } from 'zod';
import { count, ipv4, nonEmpty } from '../../site/fields.ts';
import type { SiteParts } from '../../site/schema.ts';
import { secretReference } from '../../site/secret-reference.ts';
import { diskSize, extraImports, mountPath, resourceName } from '../shared/site-fields.ts';

const volumeType = nonEmpty();

const dataVolume = z.strictObject({
  mountPath: mountPath().meta({ description: 'Where the volume is mounted.' }),
  sizeGB: diskSize().meta({ description: 'Size in GB.' }),
  type: volumeType.default('SSD').meta({ description: 'EVS type of the zone.' }),
  format: z.enum(['xfs', 'ext4']).default('xfs').meta({ description: 'File system.' }),
});

const persistentDisk = z.strictObject({
  slot: count(0).meta({
    description: 'Identity of the disk together with the hostname; contiguous from 0, never changes.',
  }),
  sizeGB: z.int().min(10).max(32768).meta({ description: 'Size in GB.' }),
  type: volumeType.default('SSD').meta({ description: 'EVS type of the zone.' }),
  mountPath: mountPath().optional().meta({ description: 'Where the disk is mounted; absent: a raw device.' }),
  format: z.enum(['xfs', 'ext4']).default('xfs').meta({ description: 'File system at first use.' }),
  mountOptions: z.array(z.string()).optional().meta({ description: 'Mount options; defaults,noatime when absent.' }),
});

const nic = z.strictObject({
  subnetName: nonEmpty().meta({ description: 'Subnet of the further NIC; listed in hcs.network.subnets.' }),
  ip: ipv4().meta({ description: 'Address of the further NIC.' }),
});

const elbAddresses = z.strictObject({
  subnetName: nonEmpty()
    .optional()
    .meta({ description: 'Subnet of the addresses; loadBalancer.subnetName when absent.' }),
  ips: z.array(ipv4()).length(2).meta({ description: 'Exactly two free addresses.' }),
});

const machine = z.strictObject({
  flavorName: nonEmpty().meta({ description: 'ECS flavor, by its API name.' }),
  availabilityZone: nonEmpty()
    .optional()
    .meta({ description: 'Zone, by its API name; decide it, a persistent disk fixes it.' }),
  rootVolume: z
    .strictObject({
      type: volumeType.default('SSD').meta({ description: 'EVS type of the system disk.' }),
      sizeGB: diskSize().default(100).meta({ description: 'Size of the system disk in GB.' }),
    })
    .default({ type: 'SSD', sizeGB: 100 })
    .meta({ description: 'System disk.' }),
  subnetName: nonEmpty()
    .optional()
    .meta({ description: 'Subnet of the nodes; the first of hcs.network.subnets when absent.' }),
  persistentDisks: z
    .array(persistentDisk)
    .default([{ slot: 0, sizeGB: 100, type: 'SSD', mountPath: '/var/cpaas', format: 'xfs' }])
    .meta({ description: 'Disks that survive the replacement of a node, declared in the pool for every node.' }),
});

const volumesMeta = { description: 'Disks that die with the VM, declared in the machine template.' };

/** The `hcs` block: one for the whole cluster. */
export const hcsBlock = z.strictObject({
  credentials: z
    .strictObject({
      secretName: resourceName().default('global-secret').meta({
        description: 'Name of the credential Secret; the same in identityRef and in the import list.',
        guideVariable: 'HCS_SECRET_NAME',
      }),
      accessKey: secretReference().meta({ description: 'Access key of the API account.' }),
      secretKey: secretReference().meta({ description: 'Secret key of the API account.' }),
      projectID: nonEmpty().meta({ description: 'Resource space ID.' }),
      region: nonEmpty().meta({ description: 'API region.' }),
      externalGlobalDomain: nonEmpty().meta({ description: 'Domain of the HCS platform.' }),
      schema: z
        .enum(['https', 'http'])
        .optional()
        .meta({ description: 'Scheme of the IAM endpoint; https when absent.' }),
    })
    .meta({ description: 'Account for the HCS API.' }),
  imageName: nonEmpty().optional().meta({ description: 'Exact image name in HCS; versions.image when absent.' }),
  network: z
    .strictObject({
      vpc: nonEmpty().meta({ description: 'Name of the VPC.' }),
      subnets: z.array(nonEmpty()).min(1).meta({ description: 'Every subnet that any field names, all in that VPC.' }),
      securityGroup: nonEmpty().meta({ description: 'Name of the security group.' }),
    })
    .meta({ description: 'Existing network of the cluster.' }),
  loadBalancer: z
    .strictObject({
      subnetName: nonEmpty().meta({ description: 'Subnet in which network.controlPlaneVIP lies.' }),
      vipDomainName: nonEmpty().optional().meta({ description: 'Domain that resolves to the VIP.' }),
      l4: z.array(elbAddresses).min(1).meta({ description: 'Addresses of the layer 4 side of the ELB.' }),
      l7: z.array(elbAddresses).min(1).meta({ description: 'Addresses of the layer 7 side of the ELB.' }),
    })
    .meta({ description: 'The ELB that the provider creates in front of the control plane.' }),
  imageRepository: nonEmpty()
    .default('cloud.alauda.io/alauda')
    .meta({ description: 'Repository of the kubeadm images, from the release baseline.' }),
  extraImports: extraImports(),
});

/** What a node entry has beyond hostname and ip. */
export const hcsNode = {
  subnetName: nonEmpty().optional().meta({ description: 'Subnet of this node; that of the machine when absent.' }),
  persistentDisks: z
    .array(persistentDisk)
    .optional()
    .meta({ description: "Disks of this node in place of the machine's persistentDisks." }),
  additionalNics: z.array(nic).optional().meta({ description: 'Further NICs of this node, in order.' }),
};

export const hcsControlPlaneMachine = machine.extend({
  dataVolumes: z
    .array(dataVolume)
    .default([
      { mountPath: '/var/lib/etcd', sizeGB: 10, type: 'SSD', format: 'xfs' },
      { mountPath: '/var/lib/kubelet', sizeGB: 100, type: 'SSD', format: 'xfs' },
      { mountPath: '/var/lib/containerd', sizeGB: 100, type: 'SSD', format: 'xfs' },
    ])
    .meta(volumesMeta),
});

export const hcsWorkerMachine = machine.extend({
  dataVolumes: z
    .array(dataVolume)
    .default([
      { mountPath: '/var/lib/kubelet', sizeGB: 100, type: 'SSD', format: 'xfs' },
      { mountPath: '/var/lib/containerd', sizeGB: 100, type: 'SSD', format: 'xfs' },
    ])
    .meta(volumesMeta),
});

export const hcsSite = {
  id: 'hcs',
  block: hcsBlock,
  node: hcsNode,
  controlPlaneMachine: hcsControlPlaneMachine,
  workerMachine: hcsWorkerMachine,
} as const satisfies SiteParts;

export type HcsBlock = z.infer<typeof hcsBlock>;
export type HcsNodeFields = z.infer<z.ZodObject<typeof hcsNode>>;
export type HcsControlPlaneMachine = z.infer<typeof hcsControlPlaneMachine>;
export type HcsWorkerMachine = z.infer<typeof hcsWorkerMachine>;
export type HcsPersistentDisk = z.infer<typeof persistentDisk>;
