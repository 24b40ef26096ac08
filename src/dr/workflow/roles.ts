import { GlobalctlError } from '../../base/index.ts';
import { PLATFORM_NAMESPACE, resources, textAt, type KubeClient } from '../../kube/index.ts';
import { sideNames, type SideName } from '../pair.ts';
import { MODULE_NAME } from '../sync/module-info.ts';
import type { SideClusters } from './sides.ts';

/** Made by the synchronizer; while it stands the side is a standby, and its providers work on nothing but `global`. */
export const SYNC_GATE = { name: 'etcd-sync-gate', namespace: PLATFORM_NAMESPACE } as const;

/** What a side shows of its role. */
export interface SideRole {
  readonly reachable: boolean;
  /** Since when it is a standby; absent on the active side. */
  readonly standbySince?: string | undefined;
  readonly synchronizer: boolean;
}

export type LiveRoles = Readonly<Record<SideName, SideRole>>;

/** The roles as they are found: a side with a sync gate is a standby. */
export async function readRoles(sides: SideClusters, signal: AbortSignal): Promise<LiveRoles> {
  const read = async (side: SideName): Promise<SideRole> => {
    const client = await sides.reachable(side, signal);
    return client ? await roleOf(client, signal) : { reachable: false, synchronizer: false };
  };
  const [primary, standby] = await Promise.all([read('primary'), read('standby')]);
  return { primary, standby };
}

async function roleOf(client: KubeClient, signal: AbortSignal): Promise<SideRole> {
  const [gate, module] = await Promise.all([
    client.find(resources.configMaps, SYNC_GATE, signal),
    client.find(resources.moduleInfoes, { name: MODULE_NAME }, signal),
  ]);
  return {
    reachable: true,
    synchronizer: module !== undefined,
    ...(gate && { standbySince: textAt(gate, 'data', 'since') ?? 'an unknown time' }),
  };
}

/** The side that is the standby now; undefined where neither or both show it. */
export function standbyOf(roles: LiveRoles): SideName | undefined {
  const standbys = sideNames.filter((side) => roles[side].standbySince !== undefined || roles[side].synchronizer);
  return standbys.length === 1 ? standbys[0] : undefined;
}

/** Throws DR_PAIR where it cannot be told which side is the standby. */
export function requireStandby(roles: LiveRoles): SideName {
  const standby = standbyOf(roles);
  if (standby !== undefined) return standby;
  const both = sideNames.every((side) => roles[side].standbySince !== undefined);
  throw new GlobalctlError('DR_PAIR', {
    message: both ? 'both sides are standbys: neither is active' : 'no side is the standby of the other',
    expected: `a sync gate (ConfigMap ${SYNC_GATE.namespace}/${SYNC_GATE.name}) on exactly one side`,
    found: sideNames
      .map(
        (side) =>
          `${side}: ${roles[side].reachable ? (roles[side].standbySince === undefined ? 'active' : 'standby') : 'does not answer'}`,
      )
      .join(', '),
    hint: both
      ? 'Find out which side holds the newer state: globalctl dr status.'
      : 'Synchronise them first: globalctl dr install.',
  });
}
