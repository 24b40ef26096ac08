import type { FieldFinding, Site } from '../../site/index.ts';
import { checkFurtherNics, takenAddresses } from '../shared/further-nics.ts';
import { checkImage, checkVersionGates, kubeOvnGate } from '../shared/version-gates.ts';
import { checkFailureDomains } from './check-failure-domains.ts';
import { vsphereSiteOf, type VsphereSite } from './site.ts';

/** Faults of a vSphere site: key, image, folder, datacenters, NICs of one pool alike (vsphere.md §8). */
export function checkVsphereSite(anySite: Site): FieldFinding[] {
  const site = vsphereSiteOf(anySite);
  const { vsphere } = site;
  const groups = groupsOf(site);
  return [
    ...(vsphere.encryptionKey === undefined && !site.dr ? [missingKey] : []),
    ...checkImage(vsphere.template, site, 'vsphere.template'),
    ...checkVersionGates(site, [
      { needs: 'v1.0.5', feature: 'VSphereMachineConfigPool', used: true },
      kubeOvnGate(site, 'v1.0.16'),
    ]),
    ...checkFolder(site),
    ...checkDatacenters(site),
    ...checkNics(site),
    ...checkFurtherNics(groups, takenAddresses(site, groups)),
    ...checkFailureDomains(site),
    ...checkDiskSizes(site),
    ...checkCloneMode(site),
  ];
}

const missingKey: FieldFinding = {
  code: 'SITE_ENCRYPTION_KEY',
  severity: 'error',
  path: 'vsphere',
  message: 'vSphere always carries /etc/kubernetes/encryption-provider.conf, and no key for it is named',
  expected: 'vsphere.encryptionKey as env:NAME or file:PATH, base64 of 32 random bytes',
  found: 'nothing',
};

function groupsOf(site: VsphereSite) {
  return [
    { path: 'controlPlane', nodes: site.controlPlane.nodes },
    ...site.workers.map((pool, index) => ({ path: `workers[${String(index)}]`, nodes: pool.nodes })),
  ];
}

function checkFolder(site: VsphereSite): FieldFinding[] {
  const { folder, datacenter } = site.vsphere;
  const root = `/${datacenter}/vm/global`;
  const other = site.dr && (site.dr.role === 'primary' ? 'standby' : 'primary');
  if (other !== undefined && folder === `${root}/${other}`)
    return [
      {
        code: 'SITE_VM_FOLDER',
        severity: 'error',
        path: 'vsphere.folder',
        message: `this is the ${String(site.dr?.role)} side, and its VMs would lie in the folder of the other`,
        expected: `${root}/${String(site.dr?.role)}`,
        found: folder,
      },
    ];
  if (folder === undefined || folder === root || folder.startsWith(`${root}/`)) return [];
  return [
    {
      code: 'SITE_VM_FOLDER',
      severity: 'error',
      path: 'vsphere.folder',
      message: 'the VMs of the global cluster lie below /<datacenter>/vm/global',
      expected: `${root}, or a folder below it`,
      found: folder,
    },
  ];
}

function checkDatacenters(site: VsphereSite): FieldFinding[] {
  const listed = site.vsphere.cpi.datacenters;
  if (listed === undefined) return [];
  const used = new Map<string, string>([[site.vsphere.datacenter, 'vsphere.datacenter']]);
  for (const { path, nodes } of groupsOf(site))
    for (const [index, node] of nodes.entries())
      if (node.datacenter !== undefined) used.set(node.datacenter, `${path}.nodes[${String(index)}].datacenter`);
  return [...used]
    .filter(([name]) => !listed.includes(name))
    .map(([name, path]) => ({
      code: 'SITE_REFERENCE',
      severity: 'error',
      path: 'vsphere.cpi.datacenters',
      message: `datacenter ${name} (${path}) is missing from the list of the cloud provider`,
      expected: `a list with ${name}`,
      found: listed.join(', '),
    }));
}

/** The template's devices are those of every slot, so all slots of one pool have the same networks in the same order. */
function checkNics(site: VsphereSite): FieldFinding[] {
  return groupsOf(site).flatMap(({ path, nodes }) => {
    const networks = nodes.map((node) => (node.additionalNics ?? []).map((nic) => nic.networkName).join(', '));
    return networks.flatMap((found, index): FieldFinding[] =>
      found === networks[0]
        ? []
        : [
            {
              code: 'SITE_NICS',
              severity: 'error',
              path: `${path}.nodes[${String(index)}].additionalNics`,
              message: 'the NICs differ from those of the first node of the pool',
              expected: networks[0] === '' ? 'no further NIC' : networks[0],
              found: found === '' ? 'no further NIC' : found,
            },
          ],
    );
  });
}

function checkCloneMode(site: VsphereSite): FieldFinding[] {
  if (site.vsphere.cloneMode === 'fullClone') return [];
  return [
    {
      code: 'SITE_CLONE_MODE',
      severity: 'warning',
      path: 'vsphere.cloneMode',
      message: 'a linked clone keeps the system disk of the template: diskGiB has no effect',
      expected: 'fullClone when the size matters',
      found: site.vsphere.cloneMode,
    },
  ];
}

/** GiB that vsphere.md §4 gives as the least for each required disk. */
const leastDiskGiB = 100;
const requiredMounts = ['/var/cpaas', '/var/lib/containerd', '/var/lib/etcd'];

function checkDiskSizes(site: VsphereSite): FieldFinding[] {
  const lists = [
    { path: 'controlPlane', group: site.controlPlane },
    ...site.workers.map((group, index) => ({ path: `workers[${String(index)}]`, group })),
  ].flatMap(({ path, group }) => [
    { path: `${path}.machine.persistentDisks`, disks: group.machine.persistentDisks },
    ...group.nodes.map((node, index) => ({
      path: `${path}.nodes[${String(index)}].persistentDisks`,
      disks: node.persistentDisks ?? [],
    })),
  ]);
  return lists.flatMap(({ path, disks }) =>
    disks.flatMap(({ mountPath = '', sizeGiB }, index): FieldFinding[] =>
      sizeGiB >= leastDiskGiB || !requiredMounts.includes(mountPath)
        ? []
        : [
            {
              code: 'SITE_DISK_SIZE',
              severity: 'warning',
              path: `${path}[${String(index)}].sizeGiB`,
              message: `the disk at ${mountPath} is smaller than the page of the provider asks for`,
              expected: `${String(leastDiskGiB)} or more`,
              found: String(sizeGiB),
            },
          ],
    ),
  );
}
