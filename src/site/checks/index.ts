// Checks of a site that need no provider: pure functions from a site to findings, without places.
// Each is linear in the number of nodes.
import type { Site } from '../site.ts';
import type { FieldFinding } from '../site-text.ts';
import {
  checkAddressesInside,
  checkAddressOwners,
  checkContainerBridge,
  checkRegistryAddresses,
} from './address-checks.ts';
import { checkLintRules } from './lint-checks.ts';
import { checkNetworkForm, checkNetworksDisjoint, checkNetworkSizes } from './network-checks.ts';
import { checkDisasterRecovery, checkReplicas, checkUniqueNames } from './topology-checks.ts';
import { checkVersions } from './version-checks.ts';

export type SiteCheck = (site: Site) => FieldFinding[];

export const siteChecks: readonly SiteCheck[] = [
  checkAddressOwners,
  checkAddressesInside,
  checkNetworksDisjoint,
  checkNetworkForm,
  checkNetworkSizes,
  checkContainerBridge,
  checkRegistryAddresses,
  checkUniqueNames,
  checkReplicas,
  checkVersions,
  checkDisasterRecovery,
  checkLintRules,
];
