import { fieldAt } from '../../kube/index.ts';
import { parseRange, shown, slip, touchesBridges, type ManifestRule } from '../../providers/index.ts';
import { clusterNetworks } from './cluster-networks.ts';
import { nodeAddresses } from './node-addresses.ts';

export const nodeRange: ManifestRule = {
  code: 'MANIFEST_NODE_RANGE',
  severity: 'warning',
  what: 'Nodes, VIP and the networks of the cluster stand outside 172.16 to 172.32.',
  why: 'Seen when Pods talk to nodes: container bridges take networks of that range, and traffic to an address in it ends in the bridge.',
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
    const expected = 'a network outside 172.16.0.0 to 172.32.255.255';
    const inBridges = (text: unknown): boolean => {
      const range = parseRange(text);
      return range !== undefined && touchesBridges(range);
    };
    const warned = new Set<unknown>();
    for (const { at, path, address, parsed, nic } of nodeAddresses(view)) {
      if (nic > 0 || warned.has(at) || !touchesBridges({ first: parsed, prefix: parsed.kind() === 'ipv4' ? 32 : 128 }))
        continue;
      // Once for a pool: its entries stand in one network.
      warned.add(at);
      yield {
        at,
        path,
        message: `node address ${address} lies in the range of container bridges`,
        expected,
        found: address,
      };
    }
    // Where the nodes stand there themselves, the VIP does too.
    if (warned.size > 0) return;
    for (const at of view.ofKind(view.provider.kinds.cluster.kind)) {
      const path = view.provider.shape.endpoint;
      const vip = fieldAt(at.object, ...path);
      if (inBridges(`${shown(vip)}/32`))
        yield {
          at,
          path,
          message: `the VIP ${shown(vip)} lies in the range of container bridges`,
          expected,
          found: shown(vip),
        };
    }
    const { root } = view.scope;
    for (const { name, path, written } of root ? clusterNetworks(root) : [])
      if (root && inBridges(written))
        yield {
          at: root,
          path,
          message: `${name} ${shown(written)} meets the range of container bridges`,
          expected,
          found: shown(written),
        };
  },
};
