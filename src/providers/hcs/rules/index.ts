import type { ManifestRule } from '../../rule.ts';
import { diskSlotsRule } from './disk-slots.ts';
import { encryptionRule } from './encryption.ts';
import { endpointRule } from './endpoint.ts';
import { subnetsRule } from './subnets.ts';
import { tokensRule } from './tokens.ts';

/** What holds for HCS alone (hcs.md §6). */
export const hcsRules: readonly ManifestRule[] = [endpointRule, encryptionRule, subnetsRule, diskSlotsRule, tokensRule];
