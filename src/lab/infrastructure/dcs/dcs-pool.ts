import { resources, type KubeObject, type ObjectKey, type ReconcileResult } from '../../../kube/index.ts';
import { saveChanges, timestamp, type Reconciler } from '../../capi/index.ts';
import type { PersistentDisk } from '../iaas/index.ts';
import type { ProviderEnvironment } from '../provider-environment.ts';
import type { DcsDiskStatus, DcsIpHostnamePool, DcsMachine } from './objects.ts';

/** A disk is kept for an address and a slot of a pool, whatever machine comes and goes. */
export function diskKey(namespace: string, pool: string, ip: string, slot: number): string {
  return `dcs/${namespace}/${pool}/${ip}/${String(slot)}`;
}

/** DCSIpHostnamePool: shows the persistent disks of its entries and whose they are. */
export class DcsPoolReconciler implements Reconciler {
  readonly name = 'dcsiphostnamepool-controller';
  readonly resource = resources.dcsIpHostnamePools;
  readonly watches = [
    {
      resource: resources.dcsMachines,
      mapToKeys: (o: KubeObject): string[] => {
        const pool = (o as DcsMachine).spec?.ipHostPoolRef?.name;
        return pool === undefined ? [] : [`${o.metadata.namespace ?? ''}/${pool}`];
      },
    },
  ];
  readonly #environment: ProviderEnvironment;

  constructor(environment: ProviderEnvironment) {
    this.#environment = environment;
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const { client, clock, iaas, signal } = this.#environment;
    const before = await client.find<DcsIpHostnamePool>(resources.dcsIpHostnamePools, key, signal);
    if (!before) return;
    const { namespace = '', name = '' } = before.metadata;
    const disks = new Map(iaas.disks().map((d) => [d.key, d]));
    const statuses: DcsDiskStatus[] = [];
    for (const { ip = '', persistentDisk = [] } of before.spec?.pool ?? [])
      for (const { slot, path } of persistentDisk) {
        const disk = disks.get(diskKey(namespace, name, ip, slot));
        if (!disk) continue;
        const old = before.status?.persistentDiskStatus?.find((s) => s.ip === ip && s.slot === slot);
        const next = this.#status({ ip, slot, path, disk });
        const changed = old?.phase !== next.phase || old?.attachedVmUrn !== next.attachedVmUrn;
        statuses.push({
          ...next,
          lastTransitionTime: changed ? timestamp(clock.now()) : (old?.lastTransitionTime ?? timestamp(clock.now())),
        });
      }
    if (statuses.length === 0 && before.status === undefined) return;
    const after: DcsIpHostnamePool = { ...before, status: { ...before.status, persistentDiskStatus: statuses } };
    await saveChanges(client, resources.dcsIpHostnamePools, before, after);
  }

  #status(entry: { ip: string; slot: number; path: string | undefined; disk: PersistentDisk }): DcsDiskStatus {
    const { ip, slot, path, disk } = entry;
    const vm = disk.attachedTo === undefined ? undefined : this.#environment.iaas.find(disk.attachedTo);
    return {
      ip,
      slot,
      name: `${ip}-${String(slot)}`,
      ...(path !== undefined && { path }),
      phase: vm?.state === 'deleting' ? 'Detaching' : disk.attachedTo === undefined ? 'Available' : 'Attached',
      volumeUrn: disk.id,
      ...(disk.attachedTo !== undefined && { attachedVmUrn: disk.attachedTo }),
      ...(vm && { ownerMachineName: vm.name }),
    };
  }
}
