import { fieldAt } from '../../kube/index.ts';
import { shown, type ManifestRule } from '../../providers/index.ts';

export const credential: ManifestRule = {
  code: 'MANIFEST_CREDENTIAL',
  severity: 'error',
  what: 'The infra cluster names the credential Secret that the site and the import list name.',
  why: 'The new cluster would have no account for the infrastructure: the first scaling fails.',
  guide: 'Step 7',
  example: {
    bad: `kind: HCSCluster
metadata:
  name: global
spec:
  identityRef:
    name: hcs-secret # the site has global-secret
---
kind: Secret
metadata:
  name: hcs-secret
`,
    good: `kind: HCSCluster
metadata:
  name: global
spec:
  identityRef:
    name: global-secret
`,
  },
  *check({ provider, site, ofKind }) {
    const at = ofKind(provider.kinds.cluster.kind)[0];
    if (!at || !site) return;
    const expected = provider.credentialSecretName(site);
    const found = fieldAt(at.object, ...provider.shape.credentialRef);
    if (found === expected) return;
    yield {
      at,
      path: provider.shape.credentialRef,
      message: `the infra cluster uses Secret ${shown(found)}; the site and the import list have ${expected}`,
      expected,
      found: shown(found),
    };
  },
};
