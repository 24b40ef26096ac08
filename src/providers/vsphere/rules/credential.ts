import type { ManifestRule } from '../../rule.ts';
import { credentialFacts, credentialHits } from '../../shared/credential-secret.ts';
import { slip } from '../../shared/rule-example.ts';

export const credentialRule: ManifestRule = {
  ...credentialFacts,
  what: 'The credential Secret of vSphere has username and password.',
  example: slip(
    `kind: Secret
metadata:
  name: global-vsphere-credentials
stringData:
  username: globalctl@vsphere.local
`,
    'username: globalctl@vsphere.local',
    `username: null
  user: globalctl@vsphere.local`,
  ),
  check: (view) => credentialHits(view, [{ key: 'username' }, { key: 'password' }]),
};
