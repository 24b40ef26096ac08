import type { ManifestRule } from '../../rule.ts';
import { credentialFacts, credentialHits, type CredentialKey } from '../../shared/credential-secret.ts';

const keys: readonly CredentialKey[] = [
  ...['accessKey', 'secretKey', 'projectID', 'region'].map((key) => ({ key })),
  {
    key: 'externalGlobalDomain',
    open: true,
    expected: 'the domain of the platform without scheme, which the key schema holds',
    accepts: (value) => !/[/\s]/.test(value),
  },
  { key: 'schema', optional: true, open: true, expected: 'https or http', accepts: (value) => /^https?$/.test(value) },
];

export const credentialRule: ManifestRule = {
  ...credentialFacts,
  what: 'The credential Secret of HCS has accessKey, secretKey, projectID, region and externalGlobalDomain.',
  check: (view) => credentialHits(view, keys),
};
