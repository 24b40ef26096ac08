import ipaddr from 'ipaddr.js';
import { fieldAt } from '../../kube/index.ts';
import {
  slip,
  listAt,
  shown,
  type FieldPath,
  type ManifestRule,
  type PlacedObject,
  type RuleHit,
} from '../../providers/index.ts';
import type { Site } from '../../site/index.ts';
import { nodeAddresses } from './node-addresses.ts';

interface Network {
  readonly name: string;
  readonly text: string;
  readonly range: [ipaddr.IPv4 | ipaddr.IPv6, number];
  readonly path: FieldPath;
}

function networksOf(at: PlacedObject): Network[] {
  const fields: [string, FieldPath][] = [
    ...listAt(at.object, ['spec', 'clusterNetwork', 'pods', 'cidrBlocks']).map((_, index): [string, FieldPath] => [
      'the Pod network',
      ['spec', 'clusterNetwork', 'pods', 'cidrBlocks', index],
    ]),
    ...listAt(at.object, ['spec', 'clusterNetwork', 'services', 'cidrBlocks']).map((_, index): [string, FieldPath] => [
      'the Service network',
      ['spec', 'clusterNetwork', 'services', 'cidrBlocks', index],
    ]),
    ['the Kube-OVN join network', ['metadata', 'annotations', 'cpaas.io/kube-ovn-join-cidr']],
  ];
  return fields.flatMap(([name, path]) => {
    const text = fieldAt(at.object, ...path);
    if (typeof text !== 'string' || !isNetwork(text)) return [];
    return [{ name, text, range: ipaddr.parseCIDR(text), path }];
  });
}

/** Each of the three must be written as a network; with a site, as the one that the site has. */
function* formHits(at: PlacedObject, site: Site | undefined): Generator<RuleHit> {
  const fields: [name: string, path: FieldPath, expected: string | undefined][] = [
    ['the Pod network', ['spec', 'clusterNetwork', 'pods', 'cidrBlocks', 0], site?.network.podCIDR],
    ['the Service network', ['spec', 'clusterNetwork', 'services', 'cidrBlocks', 0], site?.network.serviceCIDR],
    ['the Kube-OVN join network', ['metadata', 'annotations', 'cpaas.io/kube-ovn-join-cidr'], site?.network.joinCIDR],
  ];
  for (const [name, path, expected] of fields) {
    const found = fieldAt(at.object, ...path);
    // A missing annotation and a variable that nothing filled in are the matters of other rules.
    if (typeof found === 'string' ? found.includes('${') : found === undefined && path[0] === 'metadata') continue;
    const readable = typeof found === 'string' && isNetwork(found);
    if (readable && (expected === undefined || found === expected)) continue;
    yield {
      at,
      path,
      message: readable ? `${name} is not that of the site` : `${name} is ${shown(found)}`,
      expected: expected ?? 'a network such as 100.3.0.0/16',
      found: shown(found),
    };
  }
}

const isNetwork = (text: string): boolean =>
  ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || ipaddr.IPv6.isValidCIDR(text);

/** Networks of the two families of addresses never meet. */
function overlap(a: Network, b: Network): boolean {
  if (a.range[0].kind() !== b.range[0].kind()) return false;
  return a.range[0].match(b.range[0], Math.min(a.range[1], b.range[1]));
}

function holds({ range }: Network, address: string): boolean {
  const parsed = ipaddr.parse(address);
  return parsed.kind() === range[0].kind() && parsed.match(range);
}

export const networks: ManifestRule = {
  code: 'MANIFEST_CIDR_OVERLAP',
  severity: 'error',
  what: 'Pod, Service and join network are disjoint and hold no node address.',
  why: 'Traffic to one would be routed into the other; the cluster comes up and loses connections.',
  guide: 'Step 1',
  example: slip(
    `kind: Cluster
metadata:
  name: global
spec:
  clusterNetwork:
    services:
      cidrBlocks: [100.4.0.0/16]
`,
    'cidrBlocks: [100.4.0.0/16]',
    'cidrBlocks: [100.3.128.0/17] # inside the Pod network 100.3.0.0/16',
  ),
  siteChecksIt: true,
  *check(view) {
    const at = view.scope.root;
    if (!at) return;
    yield* formHits(at, view.site);
    const all = networksOf(at);
    for (const [index, later] of all.entries())
      for (const earlier of all.slice(0, index))
        if (overlap(earlier, later))
          yield {
            at,
            path: later.path,
            message: `${later.name} ${later.text} overlaps ${earlier.name} ${earlier.text}`,
            expected: 'disjoint networks',
            found: later.text,
          };
    for (const endpoint of view.ofKind(view.provider.kinds.cluster.kind)) {
      const path = view.provider.shape.endpoint;
      const vip = fieldAt(endpoint.object, ...path);
      const holder =
        typeof vip === 'string' && ipaddr.isValid(vip) ? all.find((network) => holds(network, vip)) : undefined;
      if (holder)
        yield {
          at: endpoint,
          path,
          message: `the control plane VIP ${shown(vip)} lies in ${holder.name} ${holder.text}`,
          expected: "an address outside of the cluster's own networks",
          found: shown(vip),
        };
    }
    for (const node of nodeAddresses(view)) {
      const holder = all.find((network) => holds(network, node.address));
      if (holder)
        yield {
          at: node.at,
          path: node.path,
          message: `node address ${node.address} lies in ${holder.name} ${holder.text}`,
          expected: "an address outside of the cluster's own networks",
          found: node.address,
        };
    }
  },
};
