import type { ManifestRule } from '../../rule.ts';
import { cloudInitTokensRule } from './cloud-init-tokens.ts';
import { cloudProviderRule } from './cloud-provider.ts';
import { credentialNameRule } from './credential-name.ts';
import { encryptionRule } from './encryption.ts';
import { endpointRule } from './endpoint.ts';
import { etcdDiskRule } from './etcd-disk.ts';
import { failureDomainsRule } from './failure-domains.ts';
import { networksRule } from './networks.ts';
import { vmFolderRule } from './vm-folder.ts';

/** What holds for vSphere alone (vsphere.md §8). */
export const vsphereRules: readonly ManifestRule[] = [
  endpointRule,
  encryptionRule,
  cloudInitTokensRule,
  credentialNameRule,
  networksRule,
  etcdDiskRule,
  vmFolderRule,
  cloudProviderRule,
  failureDomainsRule,
];
