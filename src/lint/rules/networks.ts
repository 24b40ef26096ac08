import { fieldAt } from '../../kube/index.ts';
import {
  parseAddress,
  rangeHolds,
  rangesOverlap,
  shown,
  slip,
  type FieldPath,
  type IpRange,
  type ManifestRule,
  type ManifestView,
  type PlacedObject,
  type RuleHit,
} from '../../providers/index.ts';
import { clusterNetworks } from './cluster-networks.ts';
import { nodeAddresses } from './node-addresses.ts';

interface Network {
  readonly name: string;
  readonly written: unknown;
  readonly path: FieldPath;
  readonly range: IpRange;
}

const named = ({ name, written }: Network): string => `${name} ${shown(written)}`;

/** Single addresses that nodes must find outside of the cluster: the VIP, and the registry where it is no host name. */
function* outerAddresses(
  view: ManifestView,
  root: PlacedObject,
): Generator<[at: PlacedObject, path: FieldPath, what: string]> {
  for (const at of view.ofKind(view.provider.kinds.cluster.kind))
    yield [at, view.provider.shape.endpoint, 'the control plane VIP'];
  yield [root, ['metadata', 'annotations', 'cpaas.io/registry-address'], 'the registry'];
}

/** A node whose network the cluster takes for its own would look for its neighbours inside the cluster. */
function* nodeHits(view: ManifestView, all: readonly Network[]): Generator<RuleHit> {
  const said = new Set<string>();
  for (const node of nodeAddresses(view)) {
    const holder = all.find(({ range }) => rangeHolds(range, node.parsed));
    if (holder) {
      yield {
        at: node.at,
        path: node.path,
        message: `node address ${node.address} lies in ${named(holder)}`,
        expected: "an address outside of the cluster's own networks",
        found: node.address,
      };
      continue;
    }
    const { network } = node;
    const other = network && all.find(({ range }) => rangesOverlap(range, network));
    // Once for a pool: its entries stand in one network.
    const key = `${String(node.at.object.metadata.name)} ${String(other?.path.join('.'))}`;
    if (!other || said.has(key)) continue;
    said.add(key);
    yield {
      at: node.at,
      path: node.path,
      message: `the network of node ${node.address}/${String(network.prefix)} overlaps ${named(other)}`,
      expected: 'disjoint networks',
      found: `${node.address}/${String(network.prefix)}`,
    };
  }
}

export const networks: ManifestRule = {
  code: 'MANIFEST_CIDR_OVERLAP',
  severity: 'error',
  what: 'Pod, Service and join network are disjoint, overlap no network of nodes, and hold neither VIP nor registry.',
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
    const root = view.scope.root;
    if (!root) return;
    const all = clusterNetworks(root).flatMap(({ range, ...network }) => (range ? [{ ...network, range }] : []));
    for (const [index, later] of all.entries())
      for (const earlier of all.slice(0, index))
        if (rangesOverlap(later.range, earlier.range) && later.path.join() !== earlier.path.join())
          yield {
            at: root,
            path: later.path,
            message: `${named(later)} overlaps ${named(earlier)}`,
            expected: 'disjoint networks',
            found: shown(later.written),
          };
    for (const [at, path, what] of outerAddresses(view, root)) {
      const written = fieldAt(at.object, ...path);
      const address = typeof written === 'string' ? parseAddress(written.replace(/:\d+$/, '')) : undefined;
      const holder = address && all.find(({ range }) => rangeHolds(range, address));
      if (holder)
        yield {
          at,
          path,
          message: `${what} ${shown(written)} lies in ${named(holder)}`,
          expected: "an address outside of the cluster's own networks",
          found: shown(written),
        };
    }
    yield* nodeHits(view, all);
  },
};
