import ipaddr from 'ipaddr.js';
import { slip, type ManifestRule } from '../../providers/index.ts';
import { nodeAddresses } from './node-addresses.ts';

const first = ipaddr.IPv4.parse('172.16.0.0').toByteArray();
const last = ipaddr.IPv4.parse('172.32.255.255').toByteArray();

function inBridgeRange(address: string): boolean {
  const [a = 0, b = 0] = ipaddr.IPv4.parse(address).toByteArray();
  return a === first[0] && b >= (first[1] ?? 0) && b <= (last[1] ?? 0);
}

export const nodeRange: ManifestRule = {
  code: 'MANIFEST_NODE_RANGE',
  severity: 'warning',
  what: 'Nodes stand outside 172.16 to 172.32.',
  why: 'Seen when Pods talk to nodes: container bridges take networks of that range, and traffic to a node ends in the bridge.',
  guide: 'Common Prerequisites',
  siteChecksIt: true,
  example: slip(
    `kind: DCSIpHostnamePool
metadata:
  name: global-cp-pool
spec:
  pool:
    - { ip: 172.40.1.11, mask: "24", gateway: 172.40.1.1 }
    - { ip: 172.40.1.12, mask: "24", gateway: 172.40.1.1 }
    - { ip: 172.40.1.13, mask: "24", gateway: 172.40.1.1 }
`,
    `- { ip: 172.40.1.11, mask: "24", gateway: 172.40.1.1 }
    - { ip: 172.40.1.12, mask: "24", gateway: 172.40.1.1 }
    - { ip: 172.40.1.13, mask: "24", gateway: 172.40.1.1 }`,
    `- { ip: 172.20.1.11, mask: "24", gateway: 172.20.1.1 }
    - { ip: 172.20.1.12, mask: "24", gateway: 172.20.1.1 }
    - { ip: 172.20.1.13, mask: "24", gateway: 172.20.1.1 }`,
  ),
  *check(view) {
    const warned = new Set<unknown>();
    for (const { at, path, address, nic } of nodeAddresses(view)) {
      if (nic > 0 || warned.has(at) || !inBridgeRange(address)) continue;
      // Once for a pool: its entries stand in one network.
      warned.add(at);
      yield {
        at,
        path,
        message: `node address ${address} lies in the range of container bridges`,
        expected: 'a network outside 172.16.0.0 to 172.32.255.255',
        found: address,
      };
    }
  },
};
