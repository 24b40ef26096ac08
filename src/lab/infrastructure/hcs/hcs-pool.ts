import { resources, type KubeObject, type ObjectKey, type ReconcileResult } from '../../../kube/index.ts';
import { saveChanges, timestamp, type Reconciler } from '../../capi/index.ts';
import { KeyedMutex } from '../keyed-mutex.ts';
import type { ProviderEnvironment } from '../provider-environment.ts';
import type { HcsConfig, HcsDiskStatus, HcsMachine, HcsMachineConfigPool } from './objects.ts';

/** Who changes a pool's status: slots are handed out and disks shown one at a time. */
export const poolWrites = new KeyedMutex();

/** A disk is kept for a host name and a slot of a pool. */
/** Of a slot's disk. The address tells slots of the same names at two sites apart. */
export function diskKey(namespace: string, pool: string, { hostname, networks }: HcsConfig, slot: number): string {
  return `hcs/${namespace}/${pool}/${hostname}/${networks[0]?.ipAddress ?? ''}/${String(slot)}`;
}

/** HCSMachineConfigPool: counts its slots and shows its persistent disks. */
export class HcsPoolReconciler implements Reconciler {
  readonly name = 'hcsmachineconfigpool-controller';
  readonly resource = resources.hcsMachineConfigPools;
  readonly watches = [
    {
      resource: resources.hcsMachines,
      mapToKeys: (o: KubeObject): string[] => {
        const pool = (o as HcsMachine).spec?.configPoolRef?.name;
        return pool === undefined ? [] : [`${o.metadata.namespace ?? ''}/${pool}`];
      },
    },
  ];
  readonly #environment: ProviderEnvironment;

  constructor(environment: ProviderEnvironment) {
    this.#environment = environment;
  }

  async reconcile({ key, namespace = '', name }: ObjectKey): Promise<ReconcileResult> {
    const { client, clock, iaas, signal } = this.#environment;
    await poolWrites.run(key, async () => {
      const before = await client.find<HcsMachineConfigPool>(
        resources.hcsMachineConfigPools,
        { name, namespace },
        signal,
      );
      if (!before) return;
      const configs = before.spec?.configs ?? [];
      const disks = new Map(iaas.disks().map((d) => [d.key, d]));
      const statuses: HcsDiskStatus[] = [];
      for (const config of configs)
        for (const { slot } of config.persistentDisks ?? []) {
          const { hostname } = config;
          const disk = disks.get(diskKey(namespace, name, config, slot));
          const old = before.status?.persistentDiskStatus?.find((s) => s.hostname === hostname && s.slot === slot);
          if (!disk) {
            if (old) statuses.push(old);
            continue;
          }
          const vm = disk.attachedTo === undefined ? undefined : iaas.find(disk.attachedTo);
          const phase =
            vm?.state === 'deleting' ? 'Detaching' : disk.attachedTo === undefined ? 'Available' : 'Attached';
          statuses.push({
            hostname,
            slot,
            name: `${hostname}-${String(slot)}`,
            phase,
            volumeID: disk.id,
            ...(disk.attachedTo !== undefined && { attachedServerID: disk.attachedTo }),
            ...(disk.datastore !== '' && { availabilityZone: disk.datastore }),
            ...(vm && { ownerMachineName: vm.name }),
            lastTransitionTime:
              old?.phase === phase ? (old.lastTransitionTime ?? timestamp(clock.now())) : timestamp(clock.now()),
          });
        }
      const used = before.status?.usedConfigs ?? [];
      const after: HcsMachineConfigPool = {
        ...before,
        status: {
          ...before.status,
          totalCount: configs.length,
          availableCount: configs.length - used.length,
          usedConfigs: used,
          persistentDiskStatus: statuses,
        },
      };
      await saveChanges(client, resources.hcsMachineConfigPools, before, after);
    });
  }
}
