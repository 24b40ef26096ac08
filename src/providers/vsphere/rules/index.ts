import type { ManifestRule } from '../../rule.ts';
import { cloudInitTokensRule } from './cloud-init-tokens.ts';
import { cloudProviderRule } from './cloud-provider.ts';
import { credentialRule } from './credential.ts';
import { credentialNameRule } from './credential-name.ts';
import { encryptionRule } from './encryption.ts';
import { endpointRule } from './endpoint.ts';
import { etcdDiskRule } from './etcd-disk.ts';
import { failureDomainsRule } from './failure-domains.ts';
import { infraClusterRule } from './infra-cluster.ts';
import { kubeadmSettings } from './kubeadm-settings.ts';
import { machineTemplateRule } from './machine-template.ts';
import { networksRule } from './networks.ts';
import { versionGates } from './version-gates.ts';
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
  infraClusterRule,
  machineTemplateRule,
  credentialRule,
  kubeadmSettings,
  versionGates,
];
