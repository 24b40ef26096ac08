import { z } from 'zod';
import { count, ipv4, nonEmpty } from '../../site/fields.ts';
import type { SiteParts } from '../../site/schema.ts';
import { secretReference } from '../../site/secret-reference.ts';
import { diskSize, extraImports, mountPath, pattern, resourceName } from '../shared/site-fields.ts';

const datastoreFields = {
  datastoreName: nonEmpty()
    .optional()
    .meta({ description: 'A concrete datastore; the guide wants one for local storage.' }),
  datastoreClusterName: nonEmpty()
    .optional()
    .meta({ description: 'A datastore cluster, only when every member can place volumes on the hosts in use.' }),
};

const fileSystem = z.enum(['xfs', 'ext4']);

const templateDisk = z.strictObject({
  path: mountPath().optional().meta({ description: 'Where the disk is mounted; absent: not mounted.' }),
  quantityGB: diskSize().meta({ description: 'Size in GB.' }),
  format: fileSystem.default('xfs').meta({ description: 'File system.' }),
  ...datastoreFields,
});

const persistentDisk = z.strictObject({
  slot: count(0).meta({ description: 'Identity of the disk together with the IP; never changes.' }),
  quantityGB: diskSize().meta({ description: 'Size in GB.' }),
  path: mountPath().optional().meta({ description: 'Where the disk is mounted; absent: a raw block device.' }),
  format: fileSystem.default('xfs').meta({ description: 'File system at first use.' }),
  options: z.array(z.string()).optional().meta({ description: 'mkfs flags of the first format.' }),
  mountOptions: z.array(z.string()).default(['defaults']).meta({ description: 'Mount options.' }),
  pciType: nonEmpty().optional().meta({ description: 'Bus of the disk; the platform uses VIRTIO when absent.' }),
  ...datastoreFields,
});

/** `/var/cpaas` keeps the platform's state: dcs.md §8.6 wants it in every pool entry. */
const persistentDisks = z.array(persistentDisk);

const nic = z.strictObject({
  ip: ipv4().meta({ description: 'Address of the further NIC; never the node address.' }),
  mask: nonEmpty().meta({ description: 'Mask in the form that the provider version takes.' }),
  gateway: ipv4().optional().meta({ description: 'Gateway of the NIC; must not take over the default route.' }),
  dvSwitchName: nonEmpty().meta({ description: 'Distributed switch.' }),
  portGroupName: nonEmpty().meta({ description: 'Port group of that switch.' }),
});

const machine = z.strictObject({
  cpuCores: count(1).meta({ description: 'CPU cores of each VM.' }),
  memoryMB: count(1024).meta({ description: 'Memory of each VM in MB.' }),
  ...datastoreFields,
  systemDiskGB: count(0).default(0).meta({ description: 'System disk in GB; 0 takes the size of the VM template.' }),
  persistentDisks: persistentDisks
    .default([{ slot: 0, quantityGB: 100, path: '/var/cpaas', format: 'xfs', mountOptions: ['defaults'] }])
    .meta({ description: 'Disks that survive the replacement of a node, declared in the pool for every node.' }),
});

const disksMeta = { description: 'Disks that die with the VM, declared in the machine template.' };

/** The `dcs` block: one for the whole cluster. */
export const dcsBlock = z.strictObject({
  endpoint: pattern(/^https?:\/\/[^/\s]+$/, 'http:// or https://, host and port, no path').meta({
    description: 'API of the DCS VRM, e.g. https://10.0.10.5:7443.',
  }),
  site: pattern(/^[A-Z0-9]+$/, 'upper-case letters and digits').meta({
    description: 'ID of the DCS site that holds templates, folders, datastores and networks.',
  }),
  credentials: z
    .strictObject({
      secretName: resourceName()
        .default('global-dcs-credentials')
        .meta({ description: 'Name of the credential Secret.' }),
      secretType: z
        .enum(['CloudCredential', 'Opaque'])
        .default('CloudCredential')
        .meta({ description: 'Type of the credential Secret.' }),
      username: nonEmpty().meta({
        description: 'API user with role administrator; avoid the account admin, a retry loop can lock it.',
      }),
      password: secretReference().meta({ description: 'Password of the API user.' }),
      userType: z
        .enum(['interconnect', 'domain'])
        .optional()
        .meta({ description: 'Kind of API user; interface interconnection user when absent. Needs provider v1.0.18.' }),
    })
    .meta({ description: 'Account for the DCS API.' }),
  vmTemplate: nonEmpty().optional().meta({ description: 'DCS VM template; versions.image when absent.' }),
  location: z
    .strictObject({
      type: z
        .enum(['folder', 'cluster'])
        .meta({ description: 'folder: an existing VM folder; cluster: another DCS cluster.' }),
      name: nonEmpty().meta({ description: 'Name of the folder or DCS cluster.' }),
    })
    .optional()
    .meta({ description: 'Where the VMs are kept.' }),
  dvSwitchName: nonEmpty().optional().meta({ description: 'Distributed switch; that of the VM template when absent.' }),
  portGroupName: nonEmpty()
    .optional()
    .meta({ description: 'Port group of that switch; that of the VM template when absent.' }),
  cdRomDatastoreName: nonEmpty().optional().meta({ description: 'Datastore to which the Ignition ISO is uploaded.' }),
  maskFormat: z.enum(['dotted', 'prefix']).default('dotted').meta({
    description:
      'How the provider version wants masks: dotted (255.255.255.0) or prefix (24; several DNS servers then by semicolon).',
  }),
  encryptionArgument: z.boolean().default(true).meta({
    description:
      'Keep the API server argument encryption-provider-config; the provider writes its file. As in the release manifest.',
  }),
  imageRepository: nonEmpty()
    .default('cloud.alauda.io/alauda')
    .meta({ description: 'Repository of the kubeadm images.' }),
  importCredentialSecret: z
    .boolean()
    .default(false)
    .meta({ description: 'Import the credential Secret too (newer releases ask for it); makes the import ConfigMap.' }),
  extraImports: extraImports(),
});

/** What a node entry has beyond hostname and ip. */
export const dcsNode = {
  machineName: nonEmpty().optional().meta({ description: 'Name of the VM in DCS; the hostname when absent.' }),
  persistentDisks: persistentDisks
    .optional()
    .meta({ description: "Disks of this node in place of the machine's persistentDisks." }),
  additionalNics: z.array(nic).optional().meta({ description: 'Further NICs of this node.' }),
};

export const dcsControlPlaneMachine = machine.extend({
  disks: z
    .array(templateDisk)
    .default([
      { path: '/var/lib/etcd', quantityGB: 10, format: 'xfs' },
      { path: '/var/lib/kubelet', quantityGB: 100, format: 'xfs' },
      { path: '/var/lib/containerd', quantityGB: 100, format: 'xfs' },
    ])
    .meta(disksMeta),
});

export const dcsWorkerMachine = machine.extend({
  disks: z
    .array(templateDisk)
    .default([
      { path: '/var/lib/kubelet', quantityGB: 100, format: 'xfs' },
      { path: '/var/lib/containerd', quantityGB: 100, format: 'xfs' },
    ])
    .meta(disksMeta),
});

export const dcsSite = {
  id: 'dcs',
  block: dcsBlock,
  node: dcsNode,
  controlPlaneMachine: dcsControlPlaneMachine,
  workerMachine: dcsWorkerMachine,
} as const satisfies SiteParts;

export type DcsBlock = z.infer<typeof dcsBlock>;
export type DcsNodeFields = z.infer<z.ZodObject<typeof dcsNode>>;
export type DcsControlPlaneMachine = z.infer<typeof dcsControlPlaneMachine>;
export type DcsWorkerMachine = z.infer<typeof dcsWorkerMachine>;
export type DcsPersistentDisk = z.infer<typeof persistentDisk>;
