import { resources } from '../../../kube/index.ts';
import { saveChanges, type MachineAddress } from '../../capi/index.ts';
import { templateImages } from '../add-ons.ts';
import type { VirtualMachine } from '../iaas/index.ts';
import { turnOf } from '../turn.ts';
import { InfrastructureMachineReconciler, type MachineClaim, type MachineSubject } from '../machine-flow.ts';
import { isObstacle, RETRY_MS, type Obstacle } from '../provider-environment.ts';
import { diskKey, poolWrites } from './hcs-pool.ts';
import type { HcsCluster, HcsConfig, HcsMachine, HcsMachineConfigPool } from './objects.ts';

const CREATE_MS = 60_000;

/** Files that the provider puts on every node by itself. */
const PROVIDED_FILES = [
  '/etc/kubernetes/pki/kubelet.crt',
  '/etc/kubernetes/pki/kubelet.key',
  '/etc/kubernetes/pki/ca.crt',
  '/etc/kubernetes/encryption-provider.conf',
];

const HOSTNAME = /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/;

/** ECS instance states as HCS names them. */
const instanceStates: Record<VirtualMachine['state'], string> = {
  creating: 'BUILD',
  running: 'ACTIVE',
  stopping: 'ACTIVE',
  stopped: 'SHUTOFF',
  deleting: 'DELETED',
  failed: 'ERROR',
};

/** HCSMachine: an ECS instance at a host name of a pool. */
export class HcsMachineReconciler extends InfrastructureMachineReconciler<HcsMachine> {
  readonly name = 'hcsmachine-controller';
  readonly resource = resources.hcsMachines;
  protected readonly conditionType = 'MachineReady';

  protected machineId(object: HcsMachine): string | undefined {
    return object.spec?.serverId;
  }

  protected refuseFormat(format: string): string | undefined {
    return format === 'ignition' ? 'ignition format is not supported' : undefined;
  }

  protected async claim({ object, cluster }: MachineSubject<HcsMachine>): Promise<MachineClaim | Obstacle> {
    const { iaas, random } = this.environment;
    const { namespace = '', name = '' } = object.metadata;
    const poolName = object.spec?.configPoolRef?.name ?? '';
    const infrastructure = await this.infrastructureCluster<HcsCluster>(cluster);
    const config = await this.#slot(object, poolName);
    if (isObstacle(config)) return config;
    const problem = configProblem(config, object, infrastructure);
    if (problem !== undefined) return { reason: 'InvalidConfiguration', severity: 'Error', message: problem };
    const serverId = random.uuid('hcs-server', name, config.hostname);
    const disks = (config.persistentDisks ?? []).map(({ slot, size, mountPath }) => {
      const key = diskKey(namespace, poolName, config, slot);
      const zone = object.spec?.availabilityZone ?? '';
      const made = iaas.ensureDisk({ key, id: random.uuid('hcs-volume', key), sizeGiB: size, datastore: zone });
      return { id: made.id, path: mountPath };
    });
    object.spec = { ...object.spec, serverId };
    return {
      id: serverId,
      name,
      createMs: CREATE_MS,
      disks,
      hardware: {
        hostname: config.hostname,
        addresses: config.networks.map((n) => n.ipAddress ?? '').filter((a) => a !== ''),
        mounts: (object.spec.dataVolumes ?? []).flatMap(({ mountPath }) =>
          mountPath === undefined ? [] : [{ path: mountPath }],
        ),
        imageFiles: PROVIDED_FILES,
        kubernetesVersion: '',
        osImage: 'MicroOS',
        providerID: providerId(serverId),
        cpus: 8,
        memoryGiB: 16,
        images: await templateImages(this.environment, cluster),
      },
    };
  }

  /** The slot that the pool's status holds for this machine, or the first free one, written there before it is used. */
  async #slot(object: HcsMachine, poolName: string): Promise<HcsConfig | Obstacle> {
    const { client, signal } = this.environment;
    const { namespace = '', name = '' } = object.metadata;
    return await poolWrites.run(`${namespace}/${poolName}`, async () => {
      const pool = await client.find<HcsMachineConfigPool>(
        resources.hcsMachineConfigPools,
        { name: poolName, namespace },
        signal,
      );
      if (!pool)
        return {
          reason: 'ConfigPoolNotFound',
          severity: 'Error',
          message: `HCSMachineConfigPool ${poolName} not found`,
          retryAfterMs: RETRY_MS,
        };
      const configs = pool.spec?.configs ?? [];
      const used = pool.status?.usedConfigs ?? [];
      const own = used.find((u) => u.machineRef === name);
      const taken = new Set(used.map((u) => u.hostname));
      const turn = await turnOf<HcsMachine>(this.environment, {
        resource: resources.hcsMachines,
        asking: object,
        poolOf: (m) => m.spec?.configPoolRef?.name,
        holds: (m) => used.some((u) => u.machineRef === m.metadata.name),
      });
      const config = own
        ? configs.find((c) => c.hostname === own.hostname)
        : configs.filter((c) => !taken.has(c.hostname))[turn];
      if (!config)
        return {
          reason: 'ConfigPoolExhausted',
          severity: 'Error',
          message: `no available config in HCSMachineConfigPool ${poolName}: ${String(used.length)} of ${String(configs.length)} are in use`,
          retryAfterMs: RETRY_MS,
        };
      if (own) return config;
      const usedConfigs = [...used, { hostname: config.hostname, machineRef: name }];
      const after: HcsMachineConfigPool = {
        ...pool,
        status: {
          ...pool.status,
          totalCount: configs.length,
          availableCount: configs.length - usedConfigs.length,
          usedConfigs,
        },
      };
      await saveChanges(client, resources.hcsMachineConfigPools, pool, after);
      return config;
    });
  }

  protected userData(_subject: MachineSubject<HcsMachine>, userData: string): string {
    return userData;
  }

  protected report({ object }: MachineSubject<HcsMachine>, vm: VirtualMachine): void {
    const { hostname, addresses } = vm.request.hardware;
    object.spec = { ...object.spec, serverId: vm.id, providerID: providerId(vm.id) };
    const reported: MachineAddress[] = [
      ...addresses.map((address) => ({ type: 'InternalIP' as const, address })),
      { type: 'Hostname', address: hostname },
    ];
    object.status = {
      ...object.status,
      instanceState: instanceStates[vm.state],
      ...(vm.addressesReported && { addresses: reported }),
    };
  }

  protected async release(object: HcsMachine): Promise<void> {
    const { client, signal } = this.environment;
    const { namespace = '', name = '' } = object.metadata;
    const poolName = object.spec?.configPoolRef?.name ?? '';
    await poolWrites.run(`${namespace}/${poolName}`, async () => {
      const pool = await client.find<HcsMachineConfigPool>(
        resources.hcsMachineConfigPools,
        { name: poolName, namespace },
        signal,
      );
      if (!pool) return;
      const usedConfigs = (pool.status?.usedConfigs ?? []).filter((u) => u.machineRef !== name);
      const total = pool.spec?.configs?.length ?? 0;
      const after: HcsMachineConfigPool = {
        ...pool,
        status: { ...pool.status, totalCount: total, availableCount: total - usedConfigs.length, usedConfigs },
      };
      await saveChanges(client, resources.hcsMachineConfigPools, pool, after);
    });
  }
}

function providerId(serverId: string): string {
  return `hcs://${serverId}`;
}

/** What the provider refuses before any machine boots; undefined when the slot can be used. */
export function configProblem(
  config: HcsConfig,
  machine: HcsMachine,
  cluster: HcsCluster | undefined,
): string | undefined {
  const { hostname, networks, persistentDisks = [] } = config;
  if (!HOSTNAME.test(hostname) || hostname.includes('..')) return `invalid hostname ${JSON.stringify(hostname)}`;
  const listed = new Set((cluster?.spec?.network?.subnets ?? []).map((s) => s.name));
  for (const { subnetName, subenetName, subnetId } of networks) {
    if (subnetName !== undefined && subenetName !== undefined && subnetName !== subenetName)
      return `subnetName ${subnetName} and subenetName ${subenetName} of ${hostname} differ`;
    const name = subnetName ?? subenetName;
    if ((name === undefined) === (subnetId === undefined))
      return `a network of ${hostname} needs exactly one of subnetName and subnetId`;
    if (name !== undefined && !listed.has(name))
      return `subnet ${JSON.stringify(name)} of ${hostname} is not listed in network.subnets`;
  }
  const volumes = new Set((machine.spec?.dataVolumes ?? []).map((v) => v.mountPath));
  const clash = persistentDisks.find((d) => d.mountPath !== undefined && volumes.has(d.mountPath));
  return (
    clash && `mount-path conflict: ${clash.mountPath ?? ''} of ${hostname} is in persistentDisks and in dataVolumes`
  );
}
