import { contains, formatNetwork, overlaps, parseNetwork } from '../ipv4-network.ts';
import type { Site } from '../site.ts';
import type { FieldFinding } from '../site-text.ts';

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
