import type { ManifestRule } from '../../rule.ts';
import { balancerAddressesRule } from './balancer-addresses.ts';
import { credentialRule } from './credential.ts';
import { diskSlotsRule } from './disk-slots.ts';
import { encryptionRule } from './encryption.ts';
import { endpointRule } from './endpoint.ts';
import { infraClusterRule } from './infra-cluster.ts';
import { kubeadmSettings } from './kubeadm-settings.ts';
import { machineTemplateRule } from './machine-template.ts';
import { subnetsRule } from './subnets.ts';
import { tokensRule } from './tokens.ts';
import { versionGates } from './version-gates.ts';

/** What holds for HCS alone (hcs.md §6). */
export const hcsRules: readonly ManifestRule[] = [
  endpointRule,
  encryptionRule,
  subnetsRule,
  balancerAddressesRule,
  diskSlotsRule,
  tokensRule,
  infraClusterRule,
  machineTemplateRule,
  credentialRule,
  kubeadmSettings,
  versionGates,
];
