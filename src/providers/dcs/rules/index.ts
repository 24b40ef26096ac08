import type { ManifestRule } from '../../rule.ts';
import { controlPlaneAnnotationRule } from './control-plane-annotation.ts';
import { credentialRule } from './credential.ts';
import { diskEntriesRule } from './disk-entries.ts';
import { encryptionRule } from './encryption.ts';
import { endpointRule } from './endpoint.ts';
import { infraClusterRule } from './infra-cluster.ts';
import { kubeadmSettings } from './kubeadm-settings.ts';
import { machineTemplateRule } from './machine-template.ts';
import { magicTokensRule } from './magic-tokens.ts';
import { slotNetworksRule } from './slot-networks.ts';
import { sshKeysRule } from './ssh-keys.ts';
import { versionGates } from './version-gates.ts';

/** What holds for DCS alone (dcs.md §8). */
export const dcsRules: readonly ManifestRule[] = [
  endpointRule,
  encryptionRule,
  magicTokensRule,
  sshKeysRule,
  diskEntriesRule,
  slotNetworksRule,
  infraClusterRule,
  machineTemplateRule,
  credentialRule,
  controlPlaneAnnotationRule,
  kubeadmSettings,
  versionGates,
];
