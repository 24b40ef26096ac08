import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule } from '../../rule.ts';
import { shown } from '../../shared/reading.ts';

const expected = 'global-vsphere-credentials';
const path = ['spec', 'identityRef'];

export const credentialNameRule: ManifestRule = {
  code: 'MANIFEST_CREDENTIAL',
  severity: 'error',
  what: 'VSphereCluster refers to the Secret global-vsphere-credentials.',
  why: 'The name is fixed for global; the import carries over that Secret and no other.',
  guide: 'Step 4; Step 7',
  example: {
    bad: `kind: VSphereCluster
metadata:
  name: global
spec:
  identityRef:
    name: vsphere-credentials
---
kind: Secret
metadata:
  name: vsphere-credentials
`,
    good: `kind: VSphereCluster
metadata:
  name: global
spec:
  identityRef:
    name: global-vsphere-credentials
`,
  },
  *check({ ofKind, site }) {
    for (const at of ofKind('VSphereCluster')) {
      const kind = fieldAt(at.object, ...path, 'kind');
      if (kind !== 'Secret')
        yield {
          at,
          path: [...path, 'kind'],
          message: `identityRef.kind is ${shown(kind)}`,
          expected: 'Secret',
          found: shown(kind),
        };
      const name = fieldAt(at.object, ...path, 'name');
      // With a site the rule for every provider compares the name.
      if (!site && name !== expected)
        yield {
          at,
          path: [...path, 'name'],
          message: `identityRef.name is ${shown(name)}`,
          expected,
          found: shown(name),
        };
    }
  },
};
