import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule } from '../../rule.ts';
import { listAt, shown } from '../../shared/reading.ts';
import { prefixOfMask, slotFaults } from '../../shared/slot-network.ts';

export const slotNetworksRule: ManifestRule = {
  code: 'MANIFEST_NETWORK',
  severity: 'error',
  what: 'Address, mask and gateway of every pool entry belong together.',
  why: 'The node would come up without a way out of its subnet and never join.',
  guide: 'Step 4',
  example: {
    bad: `kind: DCSIpHostnamePool
metadata:
  name: global-worker-pool
spec:
  pool:
    - ip: 10.10.20.21
      mask: 255.255.255.0
      gateway: 10.10.21.1 # in another subnet
    - ip: 10.10.20.22
`,
    good: `kind: DCSIpHostnamePool
metadata:
  name: global-worker-pool
spec:
  pool:
    - ip: 10.10.20.21
      mask: 255.255.255.0
      gateway: 10.10.20.1
    - ip: 10.10.20.22
`,
  },
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
      }
  },
};
