import { siteOf, type FieldFinding, type Site } from '../../site/index.ts';
import { checkImage, checkVersionGates, kubeOvnGate } from '../shared/version-gates.ts';
import { vsphereSite } from './site.ts';

/** Faults of a vSphere site: key, image, folder, datacenters, NICs of one pool alike (vsphere.md §8). */
export function checkVsphereSite(anySite: Site): FieldFinding[] {
  const site = view(anySite);
  const { vsphere } = site;
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
    ...checkCloneMode(site),
  ];
}

type VsphereSite = ReturnType<typeof view>;
function view(site: Site) {
  return siteOf(site, vsphereSite);
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
