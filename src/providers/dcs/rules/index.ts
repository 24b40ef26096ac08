import type { ManifestRule } from '../../rule.ts';
import { diskEntriesRule } from './disk-entries.ts';
import { encryptionRule } from './encryption.ts';
import { endpointRule } from './endpoint.ts';
import { magicTokensRule } from './magic-tokens.ts';
import { slotNetworksRule } from './slot-networks.ts';
import { sshKeysRule } from './ssh-keys.ts';

/** What holds for DCS alone (dcs.md §8). */
export const dcsRules: readonly ManifestRule[] = [
  endpointRule,
  encryptionRule,
  magicTokensRule,
  sshKeysRule,
  diskEntriesRule,
  slotNetworksRule,
];
