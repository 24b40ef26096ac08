import type { LintRule } from '../../providers/index.ts';
import { clusterMetadata } from './cluster-metadata.ts';
import { credential } from './credential.ts';
import { disksMissing } from './disks-missing.ts';
import { disksTwice } from './disks-twice.ts';
import { duplicates, objectsTwice } from './duplicates.ts';
import { format } from './format.ts';
import { hostNames } from './host-names.ts';
import { kubeadmVolume } from './kubeadm-volume.ts';
import { nameGlobal } from './name-global.ts';
import { namePrefix } from './name-prefix.ts';
import { namespaceRule } from './namespace.ts';
import { networks } from './networks.ts';
import { objectMissing } from './object-missing.ts';
import { placeholders } from './placeholders.ts';
import { poolCapacity } from './pool-capacity.ts';
import { poolConsumers } from './pool-consumers.ts';
import { references } from './references.ts';
import { registryAddress } from './registry-address.ts';
import { replicas } from './replicas.ts';
import { runtimeFields } from './runtime-fields.ts';
import { sans } from './sans.ts';
import { surge } from './surge.ts';
import { versions } from './versions.ts';
import { virtualAddress } from './virtual-address.ts';

/** The rules that hold for every provider, names first: other rules follow names. */
export const commonRules: readonly LintRule[] = [
  nameGlobal,
  namePrefix,
  namespaceRule,
  objectMissing,
  references,
  clusterMetadata,
  registryAddress,
  format,
  versions,
  replicas,
  poolCapacity,
  poolConsumers,
  surge,
  disksMissing,
  disksTwice,
  runtimeFields,
  objectsTwice,
  duplicates,
  hostNames,
  networks,
  virtualAddress,
  sans,
  kubeadmVolume,
  credential,
  placeholders,
];
