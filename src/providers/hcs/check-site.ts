import ipaddr from 'ipaddr.js';
import { siteOf, type FieldFinding, type Site } from '../../site/index.ts';
import { checkFurtherNics, takenAddresses } from '../shared/further-nics.ts';
import { checkImage, checkVersionGates, kubeOvnGate } from '../shared/version-gates.ts';
import { hcsSite } from './site.ts';

type HcsSite = ReturnType<typeof view>;
function view(site: Site) {
  return siteOf(site, hcsSite);
}

/** Faults of an HCS site: subnets, addresses of the ELB, disk slots, image, versions (hcs.md §6). */
export function checkHcsSite(anySite: Site): FieldFinding[] {
  const site = view(anySite);
  const groups = groupsOf(site);
  const persistent = groups.some(
    ({ group }) => group.machine.persistentDisks.length > 0 || group.nodes.some((node) => node.persistentDisks?.length),
  );
  return [
    ...checkImage(site.hcs.imageName, site, 'hcs.imageName'),
    ...checkVersionGates(site, [
      { needs: 'v1.0.1', feature: 'a persistent disk in the pool', used: persistent },
      kubeOvnGate(site, 'v1.0.4'),
    ]),
    ...checkSubnets(site),
    ...checkAddresses(site),
    ...groups.flatMap(({ path, group }) => [
      ...checkSlots(`${path}.machine.persistentDisks`, group.machine.persistentDisks),
      ...group.nodes.flatMap((node, index) =>
        checkSlots(`${path}.nodes[${String(index)}].persistentDisks`, node.persistentDisks ?? []),
      ),
    ]),
  ];
}

function groupsOf(site: HcsSite) {
  return [
    { path: 'controlPlane', group: site.controlPlane },
    ...site.workers.map((group, index) => ({ path: `workers[${String(index)}]`, group })),
  ];
}

function checkSubnets(site: HcsSite): FieldFinding[] {
  const { network, loadBalancer } = site.hcs;
  const named: { path: string; name: string | undefined }[] = [
    { path: 'hcs.loadBalancer.subnetName', name: loadBalancer.subnetName },
    ...(['l4', 'l7'] as const).flatMap((side) =>
      loadBalancer[side].map(({ subnetName }, index) => ({
        path: `hcs.loadBalancer.${side}[${String(index)}].subnetName`,
        name: subnetName,
      })),
    ),
    ...groupsOf(site).flatMap(({ path, group }) => [
      { path: `${path}.machine.subnetName`, name: group.machine.subnetName },
      ...group.nodes.flatMap((node, index) => [
        { path: `${path}.nodes[${String(index)}].subnetName`, name: node.subnetName },
        ...(node.additionalNics ?? []).map((nic, at) => ({
          path: `${path}.nodes[${String(index)}].additionalNics[${String(at)}].subnetName`,
          name: nic.subnetName,
        })),
      ]),
    ]),
  ];
  const known = new Set(network.subnets);
  return named.flatMap(({ path, name }): FieldFinding[] =>
    name === undefined || known.has(name)
      ? []
      : [
          {
            code: 'SITE_REFERENCE',
            severity: 'error',
            path,
            message: `subnet ${name} is not listed in hcs.network.subnets`,
            expected: network.subnets.join(', '),
            found: name,
          },
        ],
  );
}

/** The ELB's own addresses must be free: no node, not the VIP, not each other; inside the nodes' network when they share it. */
function checkAddresses(site: HcsSite): FieldFinding[] {
  const groups = groupsOf(site).map(({ path, group }) => ({ path, nodes: group.nodes }));
  const taken = takenAddresses(site, groups);
  const findings = checkFurtherNics(groups, taken);
  const nodeSubnet = site.hcs.network.subnets[0];
  const cidr = ipaddr.IPv4.parseCIDR(site.network.nodes.cidr);
  const vip = site.network.controlPlaneVIP;
  // Elsewhere the VIP may belong to a load balancer in another network; here it is an address of vipSubnetName.
  if (site.hcs.loadBalancer.subnetName === nodeSubnet && !ipaddr.IPv4.parse(vip).match(cidr))
    findings.push({
      code: 'SITE_ADDRESS_OUTSIDE',
      severity: 'error',
      path: 'network.controlPlaneVIP',
      message: `the VIP of the ELB lies outside ${site.network.nodes.cidr}, the network of its subnet ${String(nodeSubnet)}`,
      expected: `an address in ${site.network.nodes.cidr}`,
      found: vip,
    });
  for (const side of ['l4', 'l7'] as const)
    for (const [index, entry] of site.hcs.loadBalancer[side].entries())
      for (const [at, ip] of entry.ips.entries()) {
        const path = `hcs.loadBalancer.${side}[${String(index)}].ips[${String(at)}]`;
        const holder = taken.get(ip);
        if (holder !== undefined)
          findings.push({
            code: 'SITE_ADDRESS_CONFLICT',
            severity: 'error',
            path,
            message: `${ip} is also ${holder}`,
            expected: 'a free address',
            found: ip,
          });
        const inNodeSubnet = (entry.subnetName ?? site.hcs.loadBalancer.subnetName) === nodeSubnet;
        if (inNodeSubnet && !ipaddr.IPv4.parse(ip).match(cidr))
          findings.push({
            code: 'SITE_ADDRESS_OUTSIDE',
            severity: 'error',
            path,
            message: `${ip} lies outside ${site.network.nodes.cidr}, the network of subnet ${String(nodeSubnet)}`,
            expected: `an address in ${site.network.nodes.cidr}`,
            found: ip,
          });
        taken.set(ip, path);
      }
  return findings;
}

function checkSlots(path: string, disks: readonly { readonly slot: number }[]): FieldFinding[] {
  const slots = disks.map((disk) => disk.slot).sort((a, b) => a - b);
  if (slots.every((slot, index) => slot === index)) return [];
  return [
    {
      code: 'SITE_DISK_SLOTS',
      severity: 'error',
      path,
      message: 'slots of persistent disks count from 0 without gaps and repeats',
      expected: disks.map((_, index) => String(index)).join(', '),
      found: slots.join(', '),
    },
  ];
}
