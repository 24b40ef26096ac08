import { isKubeReason, resources } from '../../../kube/index.ts';
import {
  controllerOf,
  controllerReference,
  isFalse,
  isTrue,
  labels,
  saveChanges,
  setConditions,
  type Machine,
  type MachineAddress,
  type ObjectReference,
} from '../../capi/index.ts';
import { templateImages } from '../add-ons.ts';
import type { VirtualMachine } from '../iaas/index.ts';
import { InfrastructureMachineReconciler, type MachineClaim, type MachineSubject } from '../machine-flow.ts';
import { isObstacle, type Obstacle } from '../provider-environment.ts';
import type { VSphereMachine } from './objects.ts';
import { releaseSlot, takeSlot } from './slot-allocation.ts';
import { virtualMachineObject, type VSphereVm } from './vsphere-vm.ts';

const CREATE_MS = 70_000;

/** Files that the provider writes from the slot. */
const PROVIDED_FILES = [
  '/etc/kubernetes/pki/kubelet.crt',
  '/etc/kubernetes/pki/kubelet.key',
  '/etc/kubernetes/pki/ca.crt',
];

/** VSphereMachine: a clone in vCenter at a slot of a pool, shown as a VSphereVM of the same name. */
export class VSphereMachineReconciler extends InfrastructureMachineReconciler<VSphereMachine> {
  readonly name = 'vspheremachine-controller';
  readonly resource = resources.vsphereMachines;
  protected readonly conditionType = 'VMProvisioned';

  protected machineId(object: VSphereMachine): string | undefined {
    return object.spec?.providerID?.replace('vsphere://', '');
  }

  protected refuseFormat(format: string): string | undefined {
    return format === 'ignition' ? 'ignition format is not supported' : undefined;
  }

  protected async claim({
    object,
    machine,
    cluster,
  }: MachineSubject<VSphereMachine>): Promise<MachineClaim | Obstacle> {
    const { clock, random, iaas } = this.environment;
    const { namespace = '', name = '' } = object.metadata;
    const poolName = object.spec?.machineConfigPoolRef?.name ?? '';
    const taken = await takeSlot(this.environment, {
      namespace,
      pool: poolName,
      clusterName: cluster.metadata.name ?? '',
      consumer: consumerOf(machine),
      machine: { apiVersion: object.apiVersion, kind: object.kind, name, namespace, uid: object.metadata.uid ?? '' },
      datacenter: object.spec?.datacenter,
    });
    if (isObstacle(taken)) {
      setConditions(object, clock.now(), isFalse('MachineConfigPoolReady', taken.reason, 'Error', taken.message));
      return taken;
    }
    setConditions(object, clock.now(), isTrue('MachineConfigPoolReady'));
    const { slot, pool } = taken;
    const datacenter = slot.datacenter ?? pool.spec?.datacenter ?? '';
    const uuid = random.uuid('vsphere-bios', name, slot.hostname);
    const nics = slot.network ? [slot.network.primary, ...(slot.network.additional ?? [])] : [];
    const disks = (slot.persistentDisks ?? []).map(
      ({ name: diskName, sizeGiB, mountPath, wipeFilesystem = false, datastore = '' }) => {
        // The address tells slots of the same names at two sites apart.
        const key = `vsphere/${namespace}/${poolName}/${slot.hostname}/${nics[0]?.ip ?? ''}/${diskName}`;
        const made = iaas.ensureDisk({ key, id: random.uuid('vsphere-disk', key), sizeGiB, datastore });
        return { id: made.id, path: mountPath, wipe: wipeFilesystem };
      },
    );
    object.spec = { ...object.spec, providerID: providerId(uuid) };
    return {
      id: uuid,
      name,
      placement: datacenter,
      createMs: CREATE_MS,
      disks,
      hardware: {
        hostname: slot.hostname,
        addresses: nics.map((n) => (n.ip ?? '').replace(/\/\d+$/, '')).filter((a) => a !== ''),
        mounts: [],
        imageFiles: PROVIDED_FILES,
        kubernetesVersion: '',
        osImage: 'MicroOS',
        cpus: object.spec.numCPUs ?? 2,
        memoryGiB: Math.max(1, Math.round((object.spec.memoryMiB ?? 2048) / 1024)),
        images: await templateImages(this.environment, cluster),
      },
    };
  }

  protected userData(_subject: MachineSubject<VSphereMachine>, userData: string): string {
    return userData;
  }

  protected report({ object }: MachineSubject<VSphereMachine>, vm: VirtualMachine): void {
    const { hostname, addresses } = vm.request.hardware;
    object.spec = { ...object.spec, providerID: providerId(vm.id) };
    if (!vm.addressesReported) return;
    const reported: MachineAddress[] = [
      ...addresses.map((address) => ({ type: 'ExternalIP' as const, address })),
      { type: 'InternalDNS', address: hostname },
    ];
    object.status = {
      ...object.status,
      addresses: reported,
      network: (object.spec.network?.devices ?? []).map(({ networkName }, i) => ({
        networkName,
        connected: true,
        ipAddrs: [addresses[i] ?? ''].filter((a) => a !== ''),
        macAddr: this.#macAddress(vm.id, i),
      })),
    };
  }

  #macAddress(id: string, index: number): string {
    const hex = this.environment.random.uuid('vsphere-mac', id, index).replaceAll('-', '');
    return `00:50:56:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4, 6)}`;
  }

  /** The VSphereVM that stands for the clone: made with it, kept in step, deleted with it. */
  protected override async follow(object: VSphereMachine, machine: Machine, vm: VirtualMachine): Promise<void> {
    const { client, clock, signal } = this.environment;
    const { name = '', namespace } = object.metadata;
    const before =
      (await client.find<VSphereVm>(resources.vsphereVMs, { name, namespace }, signal)) ??
      (await client.create(resources.vsphereVMs, {
        ...virtualMachineObject(object, machine, vm),
        metadata: {
          name,
          ...(namespace !== undefined && { namespace }),
          labels: { ...object.metadata.labels },
          ownerReferences: [controllerReference(object)],
        },
      }));
    const after = structuredClone(before);
    const ready = vm.state === 'running' && vm.addressesReported;
    after.spec = { ...after.spec, biosUUID: vm.id };
    after.status = {
      ...after.status,
      ready,
      cloneMode: object.spec?.cloneMode ?? 'linkedClone',
      host: `esxi-${vm.id.slice(0, 4)}.${vm.request.placement ?? ''}`,
      vmRef: `VirtualMachine:vm-${vm.id.slice(0, 6)}`,
      ...(vm.addressesReported && {
        addresses: vm.request.hardware.addresses.slice(),
        network: object.status?.['network'],
      }),
      ...(vm.error !== undefined && { failureMessage: vm.error }),
    };
    const state = ready
      ? isTrue('VMProvisioned')
      : isFalse(
          'VMProvisioned',
          vm.state === 'creating' ? 'Cloning' : vm.state === 'failed' ? 'CloningFailed' : 'WaitingForIPAllocation',
          vm.state === 'failed' ? 'Warning' : 'Info',
          vm.error ?? '',
        );
    setConditions(after, clock.now(), state, { ...state, type: 'Ready' });
    await saveChanges(client, resources.vsphereVMs, before, after);
  }

  protected async release(object: VSphereMachine): Promise<void> {
    const { client } = this.environment;
    const { namespace = '', name = '' } = object.metadata;
    await releaseSlot(this.environment, namespace, object.spec?.machineConfigPoolRef?.name ?? '', name);
    try {
      await client.delete(resources.vsphereVMs, { name, namespace });
    } catch (error) {
      if (!isKubeReason(error, 'NotFound')) throw error;
    }
  }
}

function providerId(uuid: string): string {
  return `vsphere://${uuid}`;
}

/** Who a pool is bound to: the control plane, or the deployment behind the machine's set. */
export function consumerOf(machine: Machine): ObjectReference {
  const owner = controllerOf(machine);
  const deployment = machine.metadata.labels?.[labels.deploymentName];
  const { namespace = '' } = machine.metadata;
  if (owner?.kind === 'KubeadmControlPlane')
    return { apiVersion: owner.apiVersion, kind: owner.kind, name: owner.name, namespace };
  return {
    apiVersion: machine.apiVersion,
    kind: 'MachineDeployment',
    name: deployment ?? owner?.name ?? '',
    namespace,
  };
}
