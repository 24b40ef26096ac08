import ipaddr from 'ipaddr.js';
import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule, PlacedObject, RuleHit } from '../../rule.ts';
import { listAt, shown } from '../../shared/reading.ts';
import { furtherNicFaults, prefixOfMask, slotFaults } from '../../shared/slot-network.ts';
import { slip } from '../../shared/rule-example.ts';

export const slotNetworksRule: ManifestRule = {
  code: 'MANIFEST_NETWORK',
  severity: 'error',
  what: 'Address, mask and gateway of every pool entry belong together.',
  why: 'The node would come up without a way out of its subnet and never join.',
  guide: 'Step 4',
  example: slip(
    `kind: DCSIpHostnamePool
metadata:
  name: global-worker-pool
spec:
  pool:
    - ip: 10.10.20.21
      mask: 255.255.255.0
      gateway: 10.10.20.1
    - ip: 10.10.20.22
`,
    'gateway: 10.10.20.1',
    'gateway: 10.10.21.1 # in another subnet',
  ),
  siteChecksIt: true,
  *check({ ofKind }) {
    for (const at of ofKind('DCSIpHostnamePool'))
      for (const [index, slot] of listAt(at.object, ['spec', 'pool']).entries()) {
        const faults = slotFaults({
          ip: fieldAt(slot, 'ip'),
          prefix: prefixOfMask(fieldAt(slot, 'mask')),
          gateway: fieldAt(slot, 'gateway'),
        });
        for (const { key, message, expected } of faults)
          yield { at, path: ['spec', 'pool', index, key], message, expected, found: shown(fieldAt(slot, key)) };
        yield* furtherNicHits(at, index, slot);
        yield* serverHits(at, index, slot);
      }
  },
};

/** Address, mask and gateway of the further NICs of a slot. */
function* furtherNicHits(at: PlacedObject, index: number, slot: unknown): Generator<RuleHit> {
  for (const [position, nic] of listAt(slot, ['additionNic']).entries()) {
    const [ip, mask, gateway] = ['ip', 'mask', 'gateway'].map((key) => fieldAt(nic, key));
    // The address alone may be IPv6.
    if (ip === undefined) continue;
    for (const { key, message, expected } of furtherNicFaults({ ip, prefix: prefixOfMask(mask), gateway }))
      yield {
        at,
        path: ['spec', 'pool', index, 'additionNic', position, key],
        message,
        expected,
        found: shown(fieldAt(nic, key)),
      };
  }
}

/** Name servers: one address, or several with commas or semicolons between them (dcs.md §4). */
function* serverHits(at: PlacedObject, index: number, slot: unknown): Generator<RuleHit> {
  const dns = fieldAt(slot, 'dns');
  if (dns === undefined || dns === '') return;
  const servers = typeof dns === 'string' ? dns.split(/[,;]/).map((server) => server.trim()) : [dns];
  if (servers.every((server) => typeof server === 'string' && ipaddr.isValid(server))) return;
  yield {
    at,
    path: ['spec', 'pool', index, 'dns'],
    message: `${shown(dns)} is no list of name servers`,
    expected: 'addresses with commas between them',
    found: shown(dns),
  };
}
