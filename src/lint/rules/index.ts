import type { LintRule } from '../../providers/index.ts';
import { apiVersionRule } from './api-version.ts';
import { appRelease } from './app-release.ts';
import { argumentValues } from './argument-values.ts';
import { clusterEndpoint } from './cluster-endpoint.ts';
import { clusterMetadata } from './cluster-metadata.ts';
import { contentSize } from './content-size.ts';
import { credential } from './credential.ts';
import { disksMissing } from './disks-missing.ts';
import { disksTwice } from './disks-twice.ts';
import { duplicates } from './duplicates.ts';
import { encryptionFile } from './encryption-file.ts';
import { fieldValues } from './field-values.ts';
import { format } from './format.ts';
import { hostNames } from './host-names.ts';
import { immutableTemplate } from './immutable-template.ts';
import { importList } from './import-list.ts';
import { installerRequestRule } from './installer-request.ts';
import { kubeadmArguments } from './kubeadm-arguments.ts';
import { kubeadmContent } from './kubeadm-content.ts';
import { kubeadmFiles } from './kubeadm-files.ts';
import { kubeadmVolume } from './kubeadm-volume.ts';
import { labels } from './labels.ts';
import { nameGlobal } from './name-global.ts';
import { namePrefix } from './name-prefix.ts';
import { namespaceRule } from './namespace.ts';
import { networkForm } from './network-form.ts';
import { networks } from './networks.ts';
import { nodeRange } from './node-range.ts';
import { objectMissing } from './object-missing.ts';
import { objectNames } from './object-names.ts';
import { objectsTwice } from './objects-twice.ts';
import { placeholders } from './placeholders.ts';
import { poolCapacity } from './pool-capacity.ts';
import { poolConsumers } from './pool-consumers.ts';
import { references } from './references.ts';
import { registryAddress } from './registry-address.ts';
import { replicas } from './replicas.ts';
import { runtimeFields } from './runtime-fields.ts';
import { sans } from './sans.ts';
import { secretForm } from './secret-form.ts';
import { selector } from './selector.ts';
import { surge } from './surge.ts';
import { versionSet } from './version-set.ts';
import { versions } from './versions.ts';
import { virtualAddress } from './virtual-address.ts';
import { workloadName } from './workload-name.ts';

export { immutableTemplate };

/** The rules that hold for every provider, names first: other rules follow names. */
export const commonRules: readonly LintRule[] = [
  nameGlobal,
  namePrefix,
  workloadName,
  objectNames,
  apiVersionRule,
  namespaceRule,
  objectMissing,
  references,
  selector,
  clusterMetadata,
  labels,
  registryAddress,
  format,
  versions,
  versionSet,
  replicas,
  poolCapacity,
  poolConsumers,
  surge,
  disksMissing,
  disksTwice,
  runtimeFields,
  immutableTemplate,
  objectsTwice,
  duplicates,
  hostNames,
  networkForm,
  networks,
  nodeRange,
  virtualAddress,
  clusterEndpoint,
  sans,
  kubeadmFiles,
  kubeadmContent,
  contentSize,
  kubeadmArguments,
  argumentValues,
  kubeadmVolume,
  encryptionFile,
  credential,
  secretForm,
  fieldValues,
  placeholders,
  appRelease,
  importList,
  installerRequestRule,
];
