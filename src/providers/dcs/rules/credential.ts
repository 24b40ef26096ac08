import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule } from '../../rule.ts';
import { credentialFacts, credentialHits, type CredentialKey } from '../../shared/credential-secret.ts';
import { slip } from '../../shared/rule-example.ts';

const keys: readonly CredentialKey[] = [
  { key: 'authUser' },
  { key: 'authKey' },
  {
    key: 'endpoint',
    open: true,
    expected: 'https://<host>:7443',
    accepts: (value) => /^https?:\/\/[^/\s:]+(:\d{1,5})?\/?$/.test(value) && !/:8443\/?$/.test(value),
  },
  {
    key: 'site',
    open: true,
    // The resource page takes the site from DCSCluster instead.
    optional: true,
    expected: 'the site ID of DCSCluster.spec.site',
    accepts: (value, { ofKind }) => value === (fieldAt(ofKind('DCSCluster')[0]?.object, 'spec', 'site') ?? value),
  },
  {
    key: 'userType',
    open: true,
    optional: true,
    expected: 'interconnect or domain',
    accepts: (value) => /^(interconnect|domain)$/i.test(value),
  },
];

export const credentialRule: ManifestRule = {
  ...credentialFacts,
  what: 'The credential Secret of DCS has authUser, authKey and endpoint; site and userType, where they are given, fit.',
  example: slip(
    `kind: Secret
metadata:
  name: global-dcs-credentials
stringData:
  endpoint: https://10.10.10.5:7443
`,
    'endpoint: https://10.10.10.5:7443',
    'endpoint: https://10.10.10.5:8443 # the port of the hosts; the API has 7443',
  ),
  check: (view) => credentialHits(view, keys),
};
