import ipaddr from 'ipaddr.js';
import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule } from '../../rule.ts';
import { listAt, shown } from '../../shared/reading.ts';
import { slip } from '../../shared/rule-example.ts';

const balancer = ['spec', 'controlPlaneLoadBalancer'];

/** What the provider writes once it has made the ELB; no page presets any of it (hcs.md §3). */
const ofProvider = ['id', 'name', 'liseners', 'pools', 'selector', 'vipSubnetId', 'vpcId', 'vpcName'];

export const endpointRule: ManifestRule = {
  code: 'MANIFEST_ENDPOINT',
  severity: 'error',
  what: 'HCSCluster declares the load balancer and no controlPlaneEndpoint; each ELB side has two addresses; nothing is preset that the provider fills in.',
  why: 'The provider fills the endpoint from the ELB that it creates; a preset one is refused or wrong.',
  guide: 'Step 4',
  example: slip(
    `kind: HCSCluster
metadata:
  name: global
spec:
  controlPlaneLoadBalancer:
    vipAddress: 10.50.60.10
`,
    `controlPlaneLoadBalancer:
    vipAddress: 10.50.60.10`,
    'controlPlaneEndpoint: {} # even empty it is too much',
  ),
  *check({ ofKind, site }) {
    for (const at of ofKind('HCSCluster')) {
      const preset = fieldAt(at.object, 'spec', 'controlPlaneEndpoint');
      if (preset !== undefined && at.origin !== 'live')
        yield {
          at,
          path: ['spec', 'controlPlaneEndpoint'],
          message: 'controlPlaneEndpoint is filled in by the provider, even an empty one is too much',
          expected: 'no such key',
          found: shown(preset),
        };
      for (const key of at.origin === 'live' ? [] : ofProvider) {
        const value = fieldAt(at.object, ...balancer, key);
        if (value !== undefined)
          yield {
            at,
            path: [...balancer, key],
            severity: 'warning',
            message: `${key} of the ELB is preset; the provider makes an ELB of its own`,
            expected: 'no such key',
            found: shown(value),
          };
      }
      const vip = fieldAt(at.object, ...balancer, 'vipAddress');
      const expected = site?.network.controlPlaneVIP;
      const valid = typeof vip === 'string' && ipaddr.IPv4.isValidFourPartDecimal(vip);
      if (!valid || (expected !== undefined && vip !== expected))
        yield {
          at,
          path: [...balancer, 'vipAddress'],
          message: `the VIP of the ELB is ${shown(vip)}`,
          expected: expected ?? 'an IPv4 address',
          found: shown(vip),
        };
      for (const side of ['elbVirsubnetL4Ips', 'elbVirsubnetL7Ips']) {
        const entries = listAt(at.object, [...balancer, side]);
        if (entries.length === 0)
          yield {
            at,
            path: [...balancer, side],
            message: `${side} is missing`,
            expected: 'two addresses',
            found: 'none',
          };
        for (const [index, entry] of entries.entries()) {
          const count = listAt(entry, ['ips']).length;
          if (count !== 2)
            yield {
              at,
              path: [...balancer, side, index, 'ips'],
              message: `${side} has ${String(count)} addresses`,
              expected: 'exactly two',
              found: String(count),
            };
        }
      }
    }
  },
};
