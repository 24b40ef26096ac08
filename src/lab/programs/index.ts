// The container images that the lab can run, put together from the rooms that own what runs in them, with the admission
// rules and custom resources that belong to them. Whoever starts a data centre takes these three lists.
import type { KubeObject } from '../../kube/index.ts';
import type { Validator } from '../apiserver/index.ts';
import { capiPrograms, capiValidators } from '../capi/index.ts';
import { infrastructurePrograms, infrastructureValidators } from '../infrastructure/index.ts';
import { coreCrds } from '../../kube/crds/index.ts';
import { appReleaseCrd, moduleCrds } from '../../platform/crds/index.ts';
import type { Program } from '../program.ts';
import { baseOperator } from './base-operator.ts';
import { cpaasInstaller } from './cpaas-installer.ts';
import { etcdSync } from './etcd-sync.ts';
import { platformRegistry } from './platform-registry.ts';

export { volumesService } from './platform-registry.ts';

export const labPrograms: readonly Program[] = [
  ...capiPrograms,
  ...infrastructurePrograms,
  baseOperator,
  cpaasInstaller,
  etcdSync,
  platformRegistry,
];

export const labValidators: Readonly<Record<string, Validator>> = { ...capiValidators, ...infrastructureValidators };

/** What the management cluster carries from the beginning; the providers' kinds come with their charts. */
export const bootstrapCrds: readonly KubeObject[] = [...coreCrds, appReleaseCrd, ...moduleCrds];
