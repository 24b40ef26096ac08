import { z } from 'zod';
import { count, ipv4, nonEmpty } from '../../site/fields.ts';
import type { SiteParts } from '../../site/schema.ts';
import { secretReference } from '../../site/secret-reference.ts';
import { siteOf, type Site } from '../../site/site.ts';
import { diskSize, extraImports, mountPath, pattern } from '../shared/site-fields.ts';

const persistentDisk = z.strictObject({
  name: nonEmpty().meta({ description: 'Name of the disk, unique on a node.' }),
  sizeGiB: diskSize().meta({ description: 'Size in GiB.' }),
  mountPath: mountPath().optional().meta({ description: 'Where the disk is mounted; absent: a raw device.' }),
  fsFormat: z.enum(['ext4', 'xfs']).default('ext4').meta({ description: 'File system.' }),
  wipeFilesystem: z
    .boolean()
    .default(false)
    .meta({ description: 'Wipe at the first boot of a new VM; etcd needs it.' }),
  datastore: nonEmpty().optional().meta({ description: 'Datastore of the disk; name it when placement matters.' }),
});

const nic = z.strictObject({
  networkName: nonEmpty().meta({ description: 'vCenter network or port group.' }),
  ip: ipv4().optional().meta({ description: 'Address of the NIC.' }),
  prefix: z.int().min(1).max(32).optional().meta({ description: 'Prefix length of that address.' }),
  gateway: ipv4().optional().meta({ description: 'Gateway of the NIC.' }),
  dns: z.array(nonEmpty()).optional().meta({ description: 'DNS servers of the NIC.' }),
  deviceName: nonEmpty().optional().meta({ description: 'Name in the guest, e.g. eth1; leave out when not forced.' }),
});

const cpaasDisk = {
  name: 'var-cpaas',
  sizeGiB: 100,
  mountPath: '/var/cpaas',
  fsFormat: 'ext4',
  wipeFilesystem: false,
} as const;
const containerdDisk = {
  name: 'var-lib-containerd',
  sizeGiB: 100,
  mountPath: '/var/lib/containerd',
  fsFormat: 'ext4',
  wipeFilesystem: false,
} as const;
const etcdDisk = {
  name: 'var-lib-etcd',
  sizeGiB: 100,
  mountPath: '/var/lib/etcd',
  fsFormat: 'ext4',
  wipeFilesystem: true,
} as const;

const disksMeta = { description: 'Disks that survive the replacement of a node, declared in the pool for every node.' };

const machine = z.strictObject({
  numCPUs: count(1).meta({ description: 'CPUs of each VM.' }),
  memoryMiB: count(1024).meta({ description: 'Memory of each VM in MiB.' }),
  diskGiB: diskSize().default(300).meta({ description: 'System disk in GiB; takes effect with a full clone only.' }),
  datastore: nonEmpty().meta({ description: 'Datastore of the system disk.' }),
  resourcePool: nonEmpty().optional().meta({ description: 'Resource pool, e.g. /dc1/host/cluster1/Resources.' }),
});

/** The `vsphere` block: one for the whole cluster. */
export const vsphereBlock = z.strictObject({
  server: pattern(/^[^/:\s]+$/, 'IP address or host name without scheme, port or path').meta({
    description: 'vCenter, as IP address or host name.',
  }),
  thumbprint: pattern(
    /^([0-9A-Fa-f]{2}:){19}[0-9A-Fa-f]{2}$/,
    '20 pairs of hexadecimal digits with colons (SHA-1)',
  ).meta({ description: 'SHA-1 fingerprint of the vCenter certificate: openssl x509 -noout -fingerprint -sha1.' }),
  credentials: z
    .strictObject({
      username: nonEmpty().meta({ description: 'vCenter user.' }),
      password: secretReference().meta({ description: 'Password of the vCenter user.' }),
    })
    .meta({ description: 'Account for vCenter; becomes the Secret global-vsphere-credentials.' }),
  datacenter: nonEmpty().meta({ description: 'vCenter datacenter.' }),
  folder: pattern(/^\/.+/, 'an absolute inventory path').optional().meta({
    description:
      'VM folder; /<datacenter>/vm/global when absent, with the child primary or standby in disaster recovery.',
  }),
  template: nonEmpty().optional().meta({ description: 'VM template; versions.image when absent.' }),
  cloneMode: z.enum(['fullClone', 'linkedClone']).default('fullClone').meta({ description: 'How VMs are cloned.' }),
  powerOffMode: z
    .enum(['hard', 'soft', 'trySoft'])
    .default('trySoft')
    .meta({ description: 'How VMs are switched off; the soft ones need guest tools.' }),
  networkName: nonEmpty().meta({ description: 'vCenter network or port group of the first NIC.' }),
  deviceName: nonEmpty()
    .optional()
    .meta({ description: 'Name of the first NIC in the guest; leave out when not forced.' }),
  releaseDelayHours: count(0)
    .default(24)
    .meta({ description: 'Hours before a released slot of the pool may be used again.' }),
  encryptionKey: secretReference().optional().meta({
    description:
      'Base64 of 32 random bytes for /etc/kubernetes/encryption-provider.conf, which vSphere always keeps; dr.encryptionKey when dr is set.',
  }),
  imageRegistry: pattern(/^[^/\s]+(:\d+)?$/, '<host>:<port> without scheme or path')
    .optional()
    .meta({
      description:
        'Registry in the names of the images that the VM template carries; bootstrap.registry.nodeAddress when absent.',
    }),
  cpi: z
    .strictObject({
      imageTag: nonEmpty().meta({ description: 'Tag of ait/cloud-provider-vsphere, from the release.' }),
      datacenters: z
        .array(nonEmpty())
        .min(1)
        .optional()
        .meta({ description: 'Every datacenter in use; those of the nodes when absent.' }),
      insecure: z.boolean().default(true).meta({ description: 'Skip the check of the vCenter certificate.' }),
    })
    .meta({ description: 'The vSphere cloud provider that is delivered into the new cluster.' }),
  failureDomains: z
    .array(
      z.strictObject({
        name: pattern(/^global-[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'a name with the prefix global-').meta({
          description: 'Name of the failure domain and its deployment zone.',
        }),
        region: nonEmpty().meta({ description: 'Tag of the region.' }),
        zone: nonEmpty().meta({ description: 'Tag of the zone.' }),
        datacenter: nonEmpty().meta({ description: 'Datacenter.' }),
        computeCluster: nonEmpty().meta({ description: 'Compute cluster.' }),
        datastore: nonEmpty().meta({ description: 'Datastore.' }),
        networks: z.array(nonEmpty()).min(1).meta({ description: 'Networks, in the order of the NICs.' }),
        resourcePool: nonEmpty()
          .optional()
          .meta({ description: 'Resource pool; /<datacenter>/host/<cluster>/Resources when absent.' }),
        controlPlane: z.boolean().default(true).meta({ description: 'Whether control plane nodes may run here.' }),
      }),
    )
    .optional()
    .meta({ description: 'Failure domains; one per datacenter, the first included.' }),
  extraImports: extraImports(),
});

/** What a node entry has beyond hostname and ip. */
export const vsphereNode = {
  datacenter: nonEmpty().optional().meta({ description: 'Datacenter of this node; that of the block when absent.' }),
  persistentDisks: z
    .array(persistentDisk)
    .optional()
    .meta({ description: "Disks of this node in place of the machine's persistentDisks." }),
  additionalNics: z.array(nic).optional().meta({ description: 'Further NICs of this node, in order.' }),
};

export const vsphereControlPlaneMachine = machine.extend({
  persistentDisks: z.array(persistentDisk).default([cpaasDisk, containerdDisk, etcdDisk]).meta(disksMeta),
});

export const vsphereWorkerMachine = machine.extend({
  persistentDisks: z.array(persistentDisk).default([cpaasDisk, containerdDisk]).meta(disksMeta),
  failureDomain: nonEmpty().optional().meta({ description: 'Name of the deployment zone in which these workers run.' }),
});

export const vsphereSite = {
  id: 'vsphere',
  block: vsphereBlock,
  node: vsphereNode,
  controlPlaneMachine: vsphereControlPlaneMachine,
  workerMachine: vsphereWorkerMachine,
} as const satisfies SiteParts;

export type VsphereSite = ReturnType<typeof vsphereSiteOf>;

/** A site of this provider with the fields of its own. */
export function vsphereSiteOf(site: Site) {
  return siteOf(site, vsphereSite);
}

export type VsphereBlock = z.infer<typeof vsphereBlock>;
export type VsphereNodeFields = z.infer<z.ZodObject<typeof vsphereNode>>;
export type VsphereControlPlaneMachine = z.infer<typeof vsphereControlPlaneMachine>;
export type VsphereWorkerMachine = z.infer<typeof vsphereWorkerMachine>;
export type VspherePersistentDisk = z.infer<typeof persistentDisk>;
