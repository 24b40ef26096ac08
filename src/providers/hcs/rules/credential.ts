import type { ManifestRule } from '../../rule.ts';
import { credentialFacts, credentialHits, type CredentialKey } from '../../shared/credential-secret.ts';
import { slip } from '../../shared/rule-example.ts';

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
  example: slip(
    `kind: Secret
metadata:
  name: global-secret
data:
  externalGlobalDomain: aGNzLmV4YW1wbGUuY29t # hcs.example.com
`,
    'externalGlobalDomain: aGNzLmV4YW1wbGUuY29t # hcs.example.com',
    'externalGlobalDomain: aHR0cHM6Ly9oY3MuZXhhbXBsZS5jb20= # https://hcs.example.com',
  ),
  check: (view) => credentialHits(view, keys),
};
