import ipaddr from 'ipaddr.js';
import type { Site } from '../../site/index.ts';

export interface NodeNetwork {
  readonly prefix: number;
  /** Dotted form of the prefix, e.g. `255.255.255.0`. */
  readonly mask: string;
  readonly gateway: string;
  readonly dns: readonly string[];
}

/** The network that the nodes stand in, in the forms that pools write. */
export function nodeNetwork(site: Site): NodeNetwork {
  const { cidr, gateway, dns } = site.network.nodes;
  const [, prefix] = ipaddr.IPv4.parseCIDR(cidr);
  return { prefix, mask: ipaddr.IPv4.subnetMaskFromPrefixLength(prefix).toString(), gateway, dns };
}
