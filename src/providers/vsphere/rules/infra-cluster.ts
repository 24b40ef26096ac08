import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule } from '../../rule.ts';
import { requiredFieldHits } from '../../shared/required-fields.ts';
import { slip } from '../../shared/rule-example.ts';

/** SHA-1: twenty pairs. */
const thumbprint = /^([0-9A-Fa-f]{2}:){19}[0-9A-Fa-f]{2}$/;

export const infraClusterRule: ManifestRule = {
  code: 'MANIFEST_INFRA_CLUSTER',
  severity: 'error',
  what: 'VSphereCluster names the vCenter by host name or address and the SHA-1 thumbprint of its certificate; it refers to no encryption Secret.',
  why: 'Seen in step 6: the provider does not trust the vCenter and makes no VM.',
  guide: 'Step 4',
  example: slip(
    `kind: VSphereCluster
metadata:
  name: global
spec:
  thumbprint: DE:AD:BE:EF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF
`,
    'thumbprint: DE:AD:BE:EF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF',
    'thumbprint: DEADBEEF00112233445566778899AABBCCDDEEFF # no colons',
  ),
  *check({ ofKind }) {
    for (const at of ofKind('VSphereCluster')) {
      yield* requiredFieldHits(at, [
        {
          path: ['spec', 'server'],
          expected: 'the host name or address of the vCenter, without scheme',
          accepts: (value) => typeof value === 'string' && /^[A-Za-z0-9.-]+$/.test(value),
        },
        {
          path: ['spec', 'thumbprint'],
          expected: '20 pairs of hexadecimal digits with colons',
          accepts: (value) => typeof value === 'string' && thumbprint.test(value),
        },
      ]);
      const reference = fieldAt(at.object, 'spec', 'encryptionProviderConfigRef');
      if (reference !== undefined)
        yield {
          at,
          path: ['spec', 'encryptionProviderConfigRef'],
          message: 'VSphereCluster has no such field; on vSphere the key comes as a file of the control plane',
          expected: 'no such key',
          found: 'a reference',
        };
    }
  },
};
