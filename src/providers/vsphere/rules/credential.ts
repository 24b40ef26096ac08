import type { ManifestRule } from '../../rule.ts';
import { credentialFacts, credentialHits } from '../../shared/credential-secret.ts';

export const credentialRule: ManifestRule = {
  ...credentialFacts,
  what: 'The credential Secret of vSphere has username and password.',
  example: {
    bad: `kind: Secret
metadata:
  name: global-vsphere-credentials
stringData:
  username: null
  user: globalctl@vsphere.local
`,
    good: `kind: Secret
metadata:
  name: global-vsphere-credentials
stringData:
  username: globalctl@vsphere.local
`,
  },
  check: (view) => credentialHits(view, [{ key: 'username' }, { key: 'password' }]),
};
