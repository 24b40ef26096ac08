import { contains, isHostAddress, parseNetwork } from '../ipv4-network.ts';
import type { Site } from '../site.ts';
import type { FieldFinding } from '../site-text.ts';
import { nodesOf } from './site-nodes.ts';

/** One address, one owner: the VIP, the bootstrap host, the gateway and each node (runbook §1, the providers' pages). */
export function checkAddressOwners(site: Site): FieldFinding[] {
  const findings: FieldFinding[] = [];
  const owners = new Map<string, string>();
  const claim = (address: string, path: string): void => {
    const owner = owners.get(address);
    if (owner === undefined) owners.set(address, path);
    else
      findings.push({
        code: 'SITE_ADDRESS_CONFLICT',
        severity: 'error',
        path,
        message: `${path} is ${address}, which is ${owner} too`,
        expected: 'an address of its own',
        found: address,
      });
  };
  claim(site.network.nodes.gateway, 'network.nodes.gateway');
  claim(site.bootstrap.hostIP, 'bootstrap.hostIP');
  // The nodes come before the VIP so that a VIP taken from a node is reported at the VIP, which is what to change.
  for (const { node, path } of nodesOf(site)) claim(node.ip, `${path}.ip`);
  claim(site.network.controlPlaneVIP, 'network.controlPlaneVIP');
  return findings;
}

/** Addresses that must lie in the network of the nodes, since gateway and mask of the nodes come from it. */
export function checkAddressesInside(site: Site): FieldFinding[] {
  const cidr = site.network.nodes.cidr;
  const network = parseNetwork(cidr);
  const findings: FieldFinding[] = [];
  const check = (address: string, path: string, severity: 'error' | 'warning', hint?: string): void => {
    if (isHostAddress(network, address)) return;
    findings.push({
      code: 'SITE_ADDRESS_OUTSIDE',
      severity,
      path,
      message: contains(network, address)
        ? `${path} is the first or last address of ${cidr}, which no machine can have`
        : `${path} lies outside network.nodes.cidr`,
      expected: `an address of ${cidr}`,
      found: address,
      hint,
    });
  };
  check(site.network.nodes.gateway, 'network.nodes.gateway', 'error');
  for (const { node, path } of nodesOf(site)) {
    // A node that names a subnet of its own takes gateway and mask from there.
    const ownSubnet = 'subnetName' in node && node.subnetName !== undefined;
    if (!ownSubnet) check(node.ip, `${path}.ip`, 'error');
  }
  // The ELB of HCS has its VIP in a subnet that the site names: the provider's check compares the two.
  if (site.provider === 'hcs') return findings;
  check(
    site.network.controlPlaneVIP,
    'network.controlPlaneVIP',
    'warning',
    'Right only when an external load balancer holds the VIP and every node reaches it.',
  );
  return findings;
}

const bridges = {
  first: parseNetwork('172.16.0.0/16').first,
  last: parseNetwork('172.32.0.0/16').last,
  prefixLength: 0,
};

/** Networks of nodes and of the cluster should stay out of 172.16 to 172.32, where container bridges lie (runbook §1). */
export function checkContainerBridge(site: Site): FieldFinding[] {
  const { nodes, controlPlaneVIP, podCIDR, serviceCIDR, joinCIDR } = site.network;
  const network = parseNetwork(nodes.cidr);
  const findings: FieldFinding[] = [];
  if (network.first <= bridges.last && network.last >= bridges.first)
    findings.push({
      code: 'SITE_CONTAINER_BRIDGE',
      severity: 'warning',
      path: 'network.nodes.cidr',
      message: `the nodes stand in ${nodes.cidr}, a range that container bridges use`,
      expected: 'a network outside 172.16.0.0 to 172.32.255.255',
      found: nodes.cidr,
    });
  else if (contains(bridges, controlPlaneVIP))
    findings.push({
      code: 'SITE_CONTAINER_BRIDGE',
      severity: 'warning',
      path: 'network.controlPlaneVIP',
      message: `the VIP lies in a range that container bridges use`,
      expected: 'an address outside 172.16.0.0 to 172.32.255.255',
      found: controlPlaneVIP,
    });
  for (const [field, cidr] of Object.entries({ podCIDR, serviceCIDR, joinCIDR })) {
    const { first, last } = parseNetwork(cidr);
    if (first <= bridges.last && last >= bridges.first)
      findings.push({
        code: 'SITE_CONTAINER_BRIDGE',
        severity: 'warning',
        path: `network.${field}`,
        message: `network.${field} ${cidr} meets a range that container bridges use`,
        expected: 'a network outside 172.16.0.0 to 172.32.255.255',
        found: cidr,
      });
  }
  return findings;
}

function hostOf(registryAddress: string): string {
  return registryAddress.split(':')[0] ?? '';
}

/** Registry addresses that cannot work from where they are used (runbook §3 and §9). */
export function checkRegistryAddresses(site: Site): FieldFinding[] {
  const { registry } = site.bootstrap;
  const findings: FieldFinding[] = [];
  const loopback = (path: string, address: string, users: string): void => {
    const host = hostOf(address);
    if (host !== 'localhost' && !host.startsWith('127.')) return;
    findings.push({
      code: 'SITE_REGISTRY_ADDRESS',
      severity: 'error',
      path,
      message: `${users} use ${path}, and ${host} means themselves to them`,
      expected: 'an address of the bootstrap host that they reach',
      found: address,
    });
  };
  loopback('bootstrap.registry.nodeAddress', registry.nodeAddress, 'provisioned nodes');
  loopback('bootstrap.registry.bootstrapAddress', registry.bootstrapAddress, 'Pods of the bootstrap cluster');
  if (
    hostOf(site.platform.registryDomain) === hostOf(registry.nodeAddress) ||
    hostOf(site.platform.registryDomain) === site.bootstrap.hostIP
  )
    findings.push({
      code: 'SITE_ADDRESS_CONFLICT',
      severity: 'error',
      path: 'platform.registryDomain',
      message: 'the platform registry has the host of the bootstrap registry, which goes away after the installation',
      expected: `a domain or VIP of the new cluster, e.g. ${site.platform.host}:11443`,
      found: site.platform.registryDomain,
    });
  return findings;
}
