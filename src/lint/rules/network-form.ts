import {
  canonicalRange,
  listAt,
  recordAt,
  shown,
  slip,
  type IpRange,
  type ManifestRule,
  type ManifestView,
  type PlacedObject,
  type RuleHit,
} from '../../providers/index.ts';
import { clusterNetworks, type ClusterNetwork } from './cluster-networks.ts';

type Say = Pick<RuleHit, 'message' | 'expected'> & Partial<RuleHit>;

/** Kubernetes lets a Service network have 2^20 addresses; kubeadm wants ten or more, DNS having the tenth. */
const serviceBits = { most: 20, least: 4 };
/** kubeadm gives each node a part of the Pod network, and maps at most 2^16 parts. */
const mostNodeBits = 16;

/** The prefix length of the part of one node, which the controller manager cuts out of the Pod network. */
function nodeMask(at: PlacedObject | undefined, range: IpRange): number | undefined {
  const path = ['spec', 'kubeadmConfigSpec', 'clusterConfiguration', 'controllerManager', 'extraArgs'];
  const args = recordAt(at?.object, path);
  if (args['allocate-node-cidrs'] === 'false') return undefined;
  const v4 = range.first.kind() === 'ipv4';
  const set = args[v4 ? 'node-cidr-mask-size-ipv4' : 'node-cidr-mask-size-ipv6'] ?? args['node-cidr-mask-size'];
  return set === undefined ? (v4 ? 24 : 64) : Number(set);
}

/** How many machines the pools can have, each of which needs an address of the join network. */
function machines({ provider, ofKind }: ManifestView): number {
  const { kinds, shape } = provider;
  return ofKind(kinds.pool.kind).reduce((sum, { object }) => sum + listAt(object, shape.slots).length, 0);
}

function* sizeFaults(view: ManifestView, { use, name }: ClusterNetwork, range: IpRange): Generator<Say> {
  const bits = (range.first.kind() === 'ipv4' ? 32 : 128) - range.prefix;
  const total = bits + range.prefix;
  const prefixes = (largest: number, smallest: number): string =>
    `a prefix length of ${String(largest)} to ${String(smallest)}`;
  if (use === 'services' && (bits > serviceBits.most || bits < serviceBits.least))
    yield {
      message: `${name} has ${bits > serviceBits.most ? 'more addresses than the API server takes' : 'too few addresses for Services'}`,
      expected: prefixes(total - serviceBits.most, total - serviceBits.least),
    };
  if (use === 'pods') {
    const mask = nodeMask(view.ofKind('KubeadmControlPlane')[0], range);
    if (mask !== undefined && (range.prefix > mask || mask - range.prefix > mostNodeBits))
      yield {
        message: `${name} cannot be divided into networks of nodes with /${String(mask)}`,
        expected: prefixes(mask - mostNodeBits, mask),
      };
  }
  if (use === 'join') {
    // The network, its broadcast address and the gateway of Kube-OVN are taken.
    const addresses = 2 ** Math.min(bits, 40) - 3;
    const needed = machines(view);
    if (addresses < needed)
      yield {
        message: `${name} has fewer addresses than the pools have machines`,
        expected: `addresses for ${String(needed)} machines, such as a /16`,
      };
    else if (view.provider.id === 'dcs' && range.first.kind() === 'ipv4' && range.prefix !== 16)
      yield {
        severity: 'warning',
        message: `${name} is no /16, which the page of ${view.provider.title} demands`,
        expected: 'a /16 such as 100.64.0.0/16',
      };
  }
}

function* faults(view: ManifestView, network: ClusterNetwork, again: boolean): Generator<Say> {
  const { use, name, written, range } = network;
  const { site } = view;
  const ofSite = site && {
    pods: site.network.podCIDR,
    services: site.network.serviceCIDR,
    join: site.network.joinCIDR,
  };
  const expected = ofSite?.[use];
  if (!range) yield { message: `${name} is ${shown(written)}`, expected: expected ?? 'a network such as 100.3.0.0/16' };
  else if (again)
    yield { message: `${name} is given twice for one family of addresses`, expected: 'one IPv4 and one IPv6 network' };
  else if (expected !== undefined && written !== expected && range.first.kind() === 'ipv4')
    yield { message: `${name} is not that of the site`, expected };
  else {
    if (canonicalRange(range) !== String(written).toLowerCase() && range.first.kind() === 'ipv4')
      yield { severity: 'warning', message: `${name} is written with host bits set`, expected: canonicalRange(range) };
    yield* sizeFaults(view, network, range);
  }
}

export const networkForm: ManifestRule = {
  code: 'MANIFEST_CIDR_FORM',
  severity: 'error',
  what: 'Pod, Service and join network are written as networks, of a size that kubeadm, Kubernetes and Kube-OVN take; with a site, they are those of the site.',
  why: 'Seen on the first node: kubeadm init refuses the configuration; a join network that is too small leaves the last nodes without Pods.',
  guide: 'Step 1',
  siteChecksIt: true,
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
    'cidrBlocks: [100.4.0.0/29] # the tenth address is that of DNS',
  ),
  *check(view) {
    const at = view.scope.root;
    if (!at) return;
    const seen = new Set<string>();
    for (const network of clusterNetworks(at)) {
      const { use, path, written, range } = network;
      // A missing annotation and a variable that nothing filled in are the matters of other rules.
      if (typeof written === 'string' ? written.includes('${') : written === undefined && use === 'join') continue;
      const family = range && `${use} ${range.first.kind()}`;
      const again = family !== undefined && seen.has(family);
      if (family !== undefined) seen.add(family);
      for (const fault of faults(view, network, again)) yield { at, path, found: shown(written), ...fault };
    }
  },
};
