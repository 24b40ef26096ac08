import { resources } from '../../../kube/index.ts';
import { saveChanges, type Machine, type MachineAddress } from '../../capi/index.ts';
import { templateImages } from '../add-ons.ts';
import { parseBootData } from '../../machines/index.ts';
import type { VirtualMachine } from '../iaas/index.ts';
import { KeyedMutex } from '../keyed-mutex.ts';
import { turnOf } from '../turn.ts';
import { InfrastructureMachineReconciler, type MachineClaim, type MachineSubject } from '../machine-flow.ts';
import { isObstacle, RETRY_MS, type Obstacle, type ProviderEnvironment } from '../provider-environment.ts';
import { diskKey } from './dcs-pool.ts';
import type { DcsCluster, DcsIpHostnamePool, DcsMachine, DcsSlot } from './objects.ts';

/** Leaves the machine alone at deletion. */
const RETAIN = 'cpaas.io/retain-vm';
const CREATE_MS = 80_000;
/** The provider polls a stop at this interval. */
const STOP_POLL_MS = 10_000;

/** Files that the provider or the VM template puts on every node: kubelet certificate pair, encryption configuration, disk setup. */
const PROVIDED_FILES = [
  '/etc/kubernetes/pki/kubelet.crt',
  '/etc/kubernetes/pki/kubelet.key',
  '/etc/kubernetes/pki/ca.crt',
  '/etc/kubernetes/encryption-provider.conf',
  '/etc/disk-setup.sh',
];

/** DCSMachine: a clone of a VM template at an address of a pool, told by an Ignition ISO. */
export class DcsMachineReconciler extends InfrastructureMachineReconciler<DcsMachine> {
  readonly name = 'dcsmachine-controller';
  readonly resource = resources.dcsMachines;
  protected readonly conditionType = 'VMReady';
  readonly #pools = new KeyedMutex();

  constructor(environment: ProviderEnvironment) {
    super(environment);
  }

  protected machineId(object: DcsMachine): string | undefined {
    return object.spec?.vmUrn;
  }

  protected refuseFormat(format: string): string | undefined {
    return format === 'ignition' ? undefined : `invalid format, expected ignition, got ${format}`;
  }

  /** Ignition refuses a user without keys; somebody must be able to log in. */
  protected override refuseData(data: string): string | undefined {
    const { users } = parseBootData(data);
    const keyless = users.find((u) => u.sshKeys.length === 0);
    if (users.length === 0) return 'invalid ignition: passwd.users is empty';
    return keyless && `invalid ignition: sshAuthorizedKeys of user ${keyless.name} is empty`;
  }

  protected async claim({ object, cluster }: MachineSubject<DcsMachine>): Promise<MachineClaim | Obstacle> {
    const { client, signal, random, iaas } = this.environment;
    const { namespace = '', name = '' } = object.metadata;
    const infrastructure = await this.infrastructureCluster<DcsCluster>(cluster);
    const site = infrastructure?.spec?.site ?? 'SITE';
    const poolName = object.spec?.ipHostPoolRef?.name ?? '';
    const pool = await client.find<DcsIpHostnamePool>(
      resources.dcsIpHostnamePools,
      { name: poolName, namespace },
      signal,
    );
    if (!pool)
      return {
        reason: 'IPPoolNotFound',
        severity: 'Error',
        message: `DCSIpHostnamePool ${poolName} not found`,
        retryAfterMs: RETRY_MS,
      };
    const slot = await this.#slot(object, pool);
    if (isObstacle(slot)) return slot;
    const { ip = '' } = slot;
    const urn = `urn:sites:${site}:vms:i-${random.uuid('dcs-vm', ip, name).slice(0, 8).toUpperCase()}`;
    object.spec = { ...object.spec, vmUrn: urn };
    const disks = (slot.persistentDisk ?? []).map((disk) => {
      const key = diskKey(namespace, poolName, ip, disk.slot);
      const made = iaas.ensureDisk({
        key,
        id: `urn:sites:${site}:volumes:${String(random.integer(100, 99_999, 'dcs-volume', key))}`,
        sizeGiB: disk.quantityGB,
        datastore: disk.datastoreName ?? disk.datastoreClusterName ?? '',
      });
      return { id: made.id, path: disk.path };
    });
    const { vmConfig } = object.spec;
    return {
      id: urn,
      name: slot.machineName ?? name,
      createMs: CREATE_MS,
      disks,
      hardware: {
        hostname: slot.hostname ?? slot.machineName ?? name,
        addresses: [ip, ...(slot.additionNic ?? []).map((n) => n.ip ?? '').filter((a) => a !== '')],
        mounts: (vmConfig?.dcsMachineDiskSpec ?? []).flatMap(({ path }) => (path === undefined ? [] : [{ path }])),
        imageFiles: PROVIDED_FILES,
        kubernetesVersion: '',
        osImage: 'MicroOS',
        cpus: vmConfig?.dcsMachineCpuSpec?.quantity ?? 8,
        memoryGiB: Math.max(1, Math.round((vmConfig?.dcsMachineMemorySpec?.quantity ?? 16_384) / 1024)),
        images: await templateImages(this.environment, cluster),
      },
    };
  }

  /** The machine's own slot, or in its turn the first that no other machine of the pool holds; written down before another may ask. */
  async #slot(object: DcsMachine, pool: DcsIpHostnamePool): Promise<DcsSlot | Obstacle> {
    if (object.status?.networkConfig?.ip !== undefined) {
      const own = pool.spec?.pool.find((s) => s.ip === object.status?.networkConfig?.ip);
      return own ?? object.status.networkConfig;
    }
    const { client, signal } = this.environment;
    const { namespace = '', name = '' } = object.metadata;
    const poolName = pool.metadata.name ?? '';
    return await this.#pools.run(`${namespace}/${poolName}`, async () => {
      const { items } = await client.list<DcsMachine>(resources.dcsMachines, { namespace, signal });
      const taken = new Set(items.filter((m) => m.metadata.name !== name).map((m) => m.status?.networkConfig?.ip));
      const turn = await turnOf<DcsMachine>(this.environment, {
        resource: resources.dcsMachines,
        asking: object,
        poolOf: (m) => m.spec?.ipHostPoolRef?.name,
        holds: (m) => m.status?.networkConfig?.ip !== undefined,
      });
      const slot = pool.spec?.pool.filter((s) => s.ip !== undefined && !taken.has(s.ip))[turn];
      if (!slot)
        return {
          reason: 'NoAvailableIP',
          severity: 'Error',
          message: `no available IP in DCSIpHostnamePool ${poolName}: all ${String(pool.spec?.pool.length ?? 0)} entries are in use`,
          retryAfterMs: RETRY_MS,
        };
      const { persistentDisk: _, ...networkConfig } = slot;
      const before = await client.get<DcsMachine>(resources.dcsMachines, { name, namespace }, signal);
      const after: DcsMachine = { ...before, status: { ...before.status, networkConfig } };
      await saveChanges(client, resources.dcsMachines, before, after);
      object.status = { ...object.status, networkConfig };
      return slot;
    });
  }

  /** The magic tokens stand literally in kubelet arguments; quoting or replacing them by hand leaves nothing to replace. */
  protected userData({ object }: MachineSubject<DcsMachine>, userData: string): string {
    return userData
      .replaceAll('PROVIDER_ID', providerId(object))
      .replaceAll('NODE_IP', object.status?.networkConfig?.ip ?? 'NODE_IP');
  }

  protected report({ object }: MachineSubject<DcsMachine>, vm: VirtualMachine): void {
    const { hostname, addresses } = vm.request.hardware;
    object.spec = { ...object.spec, vmUrn: vm.id, providerID: providerId(object) };
    const reported: MachineAddress[] = [
      ...addresses.map((address) => ({ type: 'InternalIP' as const, address })),
      { type: 'Hostname', address: hostname },
    ];
    object.status = {
      ...object.status,
      cdRomFile: `${object.metadata.name ?? ''}-ignition.iso`,
      ...(vm.addressesReported && { addresses: reported }),
    };
  }

  protected override retains(object: DcsMachine, machine: Machine | undefined): boolean {
    return [object, machine].some((o) => o?.metadata.annotations?.[RETAIN] === 'true');
  }

  /** Safe stop, then detach, then delete: the platform rejects the deletion of a running machine. */
  protected override remove(_object: DcsMachine, vm: VirtualMachine): Promise<Obstacle | undefined> {
    const { iaas } = this.environment;
    if (vm.state === 'running') {
      iaas.stopVm(vm.id);
      this.environment.log(`"issued safe StopVm" vm="${vm.id}"`);
    }
    if (vm.state === 'stopped' || vm.state === 'failed' || vm.state === 'creating') iaas.deleteVm(vm.id);
    const stopping = vm.state === 'running' || vm.state === 'stopping';
    return Promise.resolve({
      reason: stopping ? 'WaitingForStop' : 'Deleting',
      severity: 'Info',
      message: stopping ? `virtual machine ${vm.name} is being stopped` : '',
      retryAfterMs: STOP_POLL_MS,
    });
  }

  protected release(): Promise<void> {
    return Promise.resolve();
  }
}

function providerId(object: DcsMachine): string {
  return `dcs://${object.metadata.name ?? ''}`;
}
