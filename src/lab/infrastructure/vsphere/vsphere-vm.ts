import type { Condition, KubeObject } from '../../../kube/index.ts';
import type { Machine } from '../../capi/index.ts';
import type { VirtualMachine } from '../iaas/index.ts';
import type { VSphereMachine } from './objects.ts';

export interface VSphereVm extends KubeObject {
  spec?: { biosUUID?: string; [field: string]: unknown };
  status?: { ready?: boolean; conditions?: Condition[]; [field: string]: unknown };
}

/** Fields that a VSphereVM shares with the VSphereMachine that asked for it. */
const SHARED = [
  'template',
  'server',
  'thumbprint',
  'datacenter',
  'folder',
  'datastore',
  'storagePolicyName',
  'resourcePool',
  'network',
  'cloneMode',
  'diskGiB',
  'memoryMiB',
  'numCPUs',
  'numCoresPerSocket',
  'os',
  'powerOffMode',
  'snapshot',
  'hardwareVersion',
  'additionalDisksGiB',
] as const;

/** The VSphereVM of a machine, without metadata. */
export function virtualMachineObject(object: VSphereMachine, machine: Machine, vm: VirtualMachine): VSphereVm {
  const spec: Record<string, unknown> = {};
  for (const field of SHARED) if (object.spec?.[field] !== undefined) spec[field] = object.spec[field];
  const { dataSecretName } = machine.spec.bootstrap;
  return {
    apiVersion: object.apiVersion,
    kind: 'VSphereVM',
    metadata: {},
    spec: {
      ...spec,
      biosUUID: vm.id,
      ...(vm.request.placement !== undefined && { datacenter: vm.request.placement }),
      ...(dataSecretName !== undefined && { bootstrapRef: { apiVersion: 'v1', kind: 'Secret', name: dataSecretName } }),
    },
  };
}
