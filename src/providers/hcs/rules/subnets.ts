import ipaddr from 'ipaddr.js';
import { fieldAt } from '../../../kube/index.ts';
import type { FieldPath, ManifestRule, ManifestView, PlacedObject, RuleHit } from '../../rule.ts';
import { parseRange, rangesOverlap } from '../../shared/ip-range.ts';
import { listAt, shown } from '../../shared/reading.ts';
import { slip } from '../../shared/rule-example.ts';

interface SubnetName {
  readonly at: PlacedObject;
  readonly path: FieldPath;
  readonly name: unknown;
}

function* namesIn({ ofKind }: ManifestView, cluster: PlacedObject): Generator<SubnetName> {
  const balancer = ['spec', 'controlPlaneLoadBalancer'];
  const vip = [...balancer, 'vipSubnetName'];
  yield { at: cluster, path: vip, name: fieldAt(cluster.object, ...vip) };
  for (const side of ['elbVirsubnetL4Ips', 'elbVirsubnetL7Ips'])
    for (const [index, entry] of listAt(cluster.object, [...balancer, side]).entries())
      yield { at: cluster, path: [...balancer, side, index, 'subnetName'], name: fieldAt(entry, 'subnetName') };
  for (const at of ofKind('HCSMachineConfigPool'))
    for (const [index, slot] of listAt(at.object, ['spec', 'configs']).entries())
      for (const [nic, network] of listAt(slot, ['networks']).entries())
        // A NIC that names its subnet by ID is not looked up by name.
        if (fieldAt(network, 'subnetId') === undefined)
          yield {
            at,
            path: ['spec', 'configs', index, 'networks', nic, 'subnetName'],
            name: fieldAt(network, 'subnetName') ?? fieldAt(network, 'subenetName'),
          };
}

/** A NIC chooses its subnet once: by name or by ID, and by one spelling of the name. */
function* selectorHits({ ofKind }: ManifestView): Generator<RuleHit> {
  for (const at of ofKind('HCSMachineConfigPool'))
    for (const [index, slot] of listAt(at.object, ['spec', 'configs']).entries())
      for (const [nic, network] of listAt(slot, ['networks']).entries()) {
        const [name, oldName, id] = ['subnetName', 'subenetName', 'subnetId'].map((key) => fieldAt(network, key));
        const path = ['spec', 'configs', index, 'networks', nic];
        if (id !== undefined && (name ?? oldName) !== undefined)
          yield {
            at,
            path: [...path, 'subnetId'],
            message: 'the NIC names its subnet by name and by ID',
            expected: 'one of subnetName and subnetId',
            found: `${shown(name ?? oldName)} and ${shown(id)}`,
          };
        if (name !== undefined && oldName !== undefined && name !== oldName)
          yield {
            at,
            path: [...path, 'subenetName'],
            message: 'the deprecated spelling subenetName names another subnet than subnetName',
            expected: shown(name),
            found: shown(oldName),
            hint: 'Remove subenetName.',
          };
      }
}

export const subnetsRule: ManifestRule = {
  code: 'MANIFEST_NETWORK',
  severity: 'error',
  what: 'Every subnet that a field names is listed in HCSCluster.spec.network.subnets; a NIC names one; none meets a network of the cluster.',
  why: 'The provider resolves names through that list only.',
  guide: 'Step 4',
  example: slip(
    `kind: HCSMachineConfigPool
metadata:
  name: global-worker-pool
spec:
  configs:
    - hostname: global-worker-1
      networks:
        - subnetName: subnet-global
          ipAddress: 10.50.60.21
    - hostname: global-worker-2
`,
    '- subnetName: subnet-global',
    '- subnetName: subnet-2 # not listed in HCSCluster',
  ),
  siteChecksIt: true,
  *check(view) {
    yield* selectorHits(view);
    const cluster = view.ofKind('HCSCluster')[0];
    if (!cluster) return;
    yield* listHits(cluster);
    yield* overlapHits(view, cluster);
    const listed = listAt(cluster.object, ['spec', 'network', 'subnets']).map((subnet) => fieldAt(subnet, 'name'));
    for (const { at, path, name } of namesIn(view, cluster))
      if (!listed.includes(name))
        yield {
          at,
          path,
          message: name === undefined ? 'no subnet is named' : `subnet ${shown(name)} is not listed in HCSCluster`,
          expected: listed.join(', '),
          found: shown(name),
        };
  },
};

/** The list itself: each name once, and a gateway inside its network. */
function* listHits(cluster: PlacedObject): Generator<RuleHit> {
  const seen = new Set<unknown>();
  for (const [index, subnet] of listAt(cluster.object, ['spec', 'network', 'subnets']).entries()) {
    const path = ['spec', 'network', 'subnets', index];
    const [name, cidr, gateway] = ['name', 'cidr', 'gatewayIp'].map((key) => fieldAt(subnet, key));
    if (name !== undefined && seen.has(name))
      yield {
        at: cluster,
        path: [...path, 'name'],
        message: `subnet ${shown(name)} is listed twice`,
        expected: 'each subnet once',
        found: shown(name),
      };
    seen.add(name);
    if (typeof cidr !== 'string' || cidr === '' || typeof gateway !== 'string' || gateway === '') continue;
    const inside =
      ipaddr.IPv4.isValidCIDRFourPartDecimal(cidr) &&
      ipaddr.IPv4.isValidFourPartDecimal(gateway) &&
      ipaddr.IPv4.parse(gateway).match(ipaddr.IPv4.parseCIDR(cidr));
    if (!inside)
      yield {
        at: cluster,
        path: [...path, 'gatewayIp'],
        message: `the gateway lies outside of ${cidr}`,
        expected: `an address of ${cidr}`,
        found: gateway,
      };
  }
}

/** What Cluster takes for its own, nodes would never look for in a subnet. */
function* overlapHits({ scope }: ManifestView, cluster: PlacedObject): Generator<RuleHit> {
  const own = ['pods', 'services'].flatMap((use) =>
    listAt(scope.root?.object, ['spec', 'clusterNetwork', use, 'cidrBlocks']),
  );
  const join = fieldAt(scope.root?.object, 'metadata', 'annotations', 'cpaas.io/kube-ovn-join-cidr');
  for (const [index, subnet] of listAt(cluster.object, ['spec', 'network', 'subnets']).entries()) {
    const cidr = fieldAt(subnet, 'cidr');
    const range = parseRange(cidr);
    const other = [...own, join].find((text) => {
      const network = parseRange(text);
      return range !== undefined && network !== undefined && rangesOverlap(range, network);
    });
    if (other !== undefined)
      yield {
        at: cluster,
        path: ['spec', 'network', 'subnets', index, 'cidr'],
        message: `subnet ${shown(fieldAt(subnet, 'name'))} overlaps ${shown(other)}, a network of the cluster itself`,
        expected: 'disjoint networks',
        found: shown(cidr),
      };
  }
}
