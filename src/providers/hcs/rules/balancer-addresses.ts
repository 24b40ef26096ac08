import ipaddr from 'ipaddr.js';
import { fieldAt } from '../../../kube/index.ts';
import type { FieldPath, ManifestRule, ManifestView, PlacedObject } from '../../rule.ts';
import { listAt, shown } from '../../shared/reading.ts';
import { slip } from '../../shared/rule-example.ts';

const balancer = ['spec', 'controlPlaneLoadBalancer'];

interface Placed {
  readonly at: PlacedObject;
  readonly path: FieldPath;
  readonly address: unknown;
  readonly subnet: unknown;
  readonly what: string;
}

function* addresses({ ofKind }: ManifestView): Generator<Placed> {
  for (const at of ofKind('HCSMachineConfigPool'))
    for (const [index, slot] of listAt(at.object, ['spec', 'configs']).entries())
      for (const [nic, network] of listAt(slot, ['networks']).entries())
        yield {
          at,
          path: ['spec', 'configs', index, 'networks', nic, 'ipAddress'],
          address: fieldAt(network, 'ipAddress'),
          subnet: fieldAt(network, 'subnetName') ?? fieldAt(network, 'subenetName'),
          what: `a node address of ${String(at.object.metadata.name)}`,
        };
  for (const at of ofKind('HCSCluster')) {
    const [vip, subnet] = [
      [...balancer, 'vipAddress'],
      [...balancer, 'vipSubnetName'],
    ];
    yield {
      at,
      path: vip,
      address: fieldAt(at.object, ...vip),
      subnet: fieldAt(at.object, ...subnet),
      what: 'the VIP',
    };
    for (const side of ['elbVirsubnetL4Ips', 'elbVirsubnetL7Ips'])
      for (const [index, entry] of listAt(at.object, [...balancer, side]).entries())
        for (const [position, address] of listAt(entry, ['ips']).entries())
          yield {
            at,
            path: [...balancer, side, index, 'ips', position],
            address,
            subnet: fieldAt(entry, 'subnetName'),
            what: `an address of ${side}`,
          };
  }
}

/** The routers of the subnets, as far as HCSCluster gives them: their addresses are taken. */
function gateways({ ofKind }: ManifestView): Map<string, string> {
  return new Map(
    ofKind('HCSCluster').flatMap(({ object }) =>
      listAt(object, ['spec', 'network', 'subnets']).flatMap((subnet): [string, string][] => {
        const gateway = fieldAt(subnet, 'gatewayIp');
        const name = fieldAt(subnet, 'name');
        return typeof gateway === 'string' ? [[gateway, `the gateway of subnet ${shown(name)}`]] : [];
      }),
    ),
  );
}

export const balancerAddressesRule: ManifestRule = {
  code: 'MANIFEST_ADDRESS',
  severity: 'error',
  what: 'Nodes, VIP and both sides of the ELB have IPv4 addresses of their own, none of them a gateway, inside their subnet where HCSCluster gives its CIDR.',
  why: 'Seen in step 6: HCS refuses an address that is taken or outside its subnet, and the ELB or the VM is never made.',
  guide: 'Step 4',
  example: slip(
    `kind: HCSCluster
metadata:
  name: global
spec:
  controlPlaneLoadBalancer:
    elbVirsubnetL4Ips:
      - subnetName: subnet-global
        ips: [10.50.60.101, 10.50.60.102]
`,
    'ips: [10.50.60.101, 10.50.60.102]',
    `ips: [10.50.60.21, 10.50.60.102] # the first is a node's`,
  ),
  siteChecksIt: true,
  *check(view) {
    const subnets = new Map(
      view
        .ofKind('HCSCluster')
        .flatMap(({ object }) =>
          listAt(object, ['spec', 'network', 'subnets']).map((subnet) => [
            fieldAt(subnet, 'name'),
            fieldAt(subnet, 'cidr'),
          ]),
        ),
    );
    const holders = gateways(view);
    for (const { at, path, address, subnet, what } of addresses(view)) {
      if (typeof address === 'string' && /\$\{|^<.*>$/.test(address)) continue;
      if (typeof address !== 'string' || !ipaddr.IPv4.isValidFourPartDecimal(address)) {
        // An unreadable VIP is the matter of the rule about the endpoint.
        if (what !== 'the VIP')
          yield {
            at,
            path,
            message: `${what} is ${shown(address)}`,
            expected: 'an IPv4 address',
            found: shown(address),
          };
        continue;
      }
      const holder = holders.get(address);
      // Two nodes with one address are found for every provider.
      if (
        holder !== undefined &&
        !(what.startsWith('a node') && holder.startsWith('a node')) &&
        !(what === 'the VIP' && !holder.startsWith('the gateway'))
      )
        yield {
          at,
          path,
          message: `${address} is ${what} and ${holder}`,
          expected: 'an address of its own',
          found: address,
        };
      holders.set(address, holder ?? what);
      const cidr = subnets.get(subnet);
      if (typeof cidr !== 'string' || !ipaddr.IPv4.isValidCIDRFourPartDecimal(cidr)) continue;
      if (!ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parseCIDR(cidr)))
        yield {
          at,
          path,
          message: `${address} lies outside ${cidr}, the network of subnet ${shown(subnet)}`,
          expected: `an address in ${cidr}`,
          found: address,
        };
    }
  },
};
