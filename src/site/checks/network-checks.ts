import { contains, formatNetwork, overlaps, parseNetwork } from '../ipv4-network.ts';
import type { Site } from '../site.ts';
import type { FieldFinding } from '../site-text.ts';
import { nodesOf } from './site-nodes.ts';

/** The four networks that must be disjoint, as field path and CIDR. */
function networksOf(site: Site): readonly (readonly [path: string, cidr: string])[] {
  const { podCIDR, serviceCIDR, joinCIDR, nodes } = site.network;
  return [
    ['network.nodes.cidr', nodes.cidr],
    ['network.podCIDR', podCIDR],
    ['network.serviceCIDR', serviceCIDR],
    ['network.joinCIDR', joinCIDR],
  ];
}

/** Pod, Service, join and node network are disjoint, and no address of the site lies in the first three. */
export function checkNetworksDisjoint(site: Site): FieldFinding[] {
  const networks = networksOf(site);
  const findings = networks.flatMap(([path, cidr], i) =>
    networks
      .slice(0, i)
      .filter(([, other]) => overlaps(parseNetwork(cidr), parseNetwork(other)))
      .map(([otherPath, other]): FieldFinding => ({
        code: 'SITE_CIDR_OVERLAP',
        severity: 'error',
        path,
        otherPath,
        message: `${path} ${cidr} overlaps ${otherPath} ${other}`,
        expected: `a network disjoint from ${other}`,
        found: cidr,
      })),
  );
  const outside = networks.filter(([path]) => path !== 'network.nodes.cidr');
  const addresses: readonly (readonly [path: string, address: string])[] = [
    ['bootstrap.hostIP', site.bootstrap.hostIP],
    ['network.controlPlaneVIP', site.network.controlPlaneVIP],
    ...site.network.nodes.dns.map((address, i) => [`network.nodes.dns[${String(i)}]`, address] as const),
  ];
  const swallowed = addresses.flatMap(([path, address]) =>
    outside
      .filter(([, cidr]) => contains(parseNetwork(cidr), address))
      .map(([networkPath, cidr]): FieldFinding => ({
        code: 'SITE_CIDR_OVERLAP',
        severity: 'error',
        path,
        otherPath: networkPath,
        message: `${path} ${address} lies in ${networkPath} ${cidr}, so nodes would look for it inside the cluster`,
        expected: `an address outside ${cidr}`,
        found: address,
      })),
  );
  return [...findings, ...swallowed];
}

/** A network written with host bits works in some places and not in others. */
export function checkNetworkForm(site: Site): FieldFinding[] {
  return networksOf(site)
    .filter(([, cidr]) => formatNetwork(parseNetwork(cidr)) !== cidr)
    .map(([path, cidr]) => ({
      code: 'SITE_CIDR_FORM',
      severity: 'warning',
      path,
      message: `${path} is written with host bits set`,
      expected: formatNetwork(parseNetwork(cidr)),
      found: cidr,
    }));
}

/**
 * The prefix lengths that Kubernetes takes: a Service network of 2^20 addresses at most and ten at least, since DNS has the tenth;
 * a Pod network that kubeadm can divide into 2^16 networks of nodes at most, each a /24.
 */
const prefixLengths = { podCIDR: [8, 24], serviceCIDR: [12, 28] } as const;

/** Networks of a size that kubeadm refuses, or that leaves Kube-OVN without an address for each node. */
export function checkNetworkSizes(site: Site): FieldFinding[] {
  const wrong = (field: 'podCIDR' | 'serviceCIDR' | 'joinCIDR', message: string, expected: string): FieldFinding => ({
    code: 'SITE_CIDR_FORM',
    severity: 'error',
    path: `network.${field}`,
    message: `network.${field} ${message}`,
    expected,
    found: site.network[field],
  });
  const sizes = (['podCIDR', 'serviceCIDR'] as const).flatMap((field) => {
    const [least, most] = prefixLengths[field];
    const { prefixLength } = parseNetwork(site.network[field]);
    if (prefixLength >= least && prefixLength <= most) return [];
    return [
      wrong(
        field,
        prefixLength < least ? 'is larger than Kubernetes takes' : 'is smaller than Kubernetes takes',
        `a prefix length of ${String(least)} to ${String(most)}`,
      ),
    ];
  });
  const nodes = nodesOf(site).length;
  const { first, last } = parseNetwork(site.network.joinCIDR);
  // The network, its broadcast address and the gateway of Kube-OVN are taken.
  if (last - first + 1 - 3 >= nodes) return sizes;
  const expected = `addresses for ${String(nodes)} nodes, such as a /16`;
  return [...sizes, wrong('joinCIDR', 'has fewer addresses than there are nodes', expected)];
}
