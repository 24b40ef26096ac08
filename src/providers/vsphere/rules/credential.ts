import type { ManifestRule } from '../../rule.ts';
import { credentialFacts, credentialHits } from '../../shared/credential-secret.ts';

export const credentialRule: ManifestRule = {
  ...credentialFacts,
  what: 'The credential Secret of vSphere has username and password.',
  check: (view) => credentialHits(view, [{ key: 'username' }, { key: 'password' }]),
};
