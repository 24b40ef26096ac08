import type { Pair, SideName } from '../pair.ts';
import { otherSide, sideNames, vipOf } from '../pair.ts';

/** A port that must be open between the sites, in both directions: roles swap at a failover (disaster-recovery §6). */
export interface PortUse {
  readonly port: number;
  readonly use: string;
  /** Only some installations need it. */
  readonly optional?: true;
}

export const drPorts: readonly PortUse[] = [
  { port: 443, use: 'platform over HTTPS; the synchronizer and alert callbacks use the platform address' },
  { port: 80, use: 'platform over HTTP, where that is used', optional: true },
  { port: 6443, use: 'API of the active side; the synchronizer fetches the etcd CA there' },
  { port: 11443, use: 'registry through the platform address' },
  { port: 2379, use: 'etcd, read by the standby side; layer 4 only' },
];

export interface PortRow extends PortUse {
  readonly from: SideName;
  readonly to: SideName;
  /** VIP that the port is opened on. */
  readonly address: string;
}

/** Every port both ways. */
export function portTable(pair: Pair): PortRow[] {
  return sideNames.flatMap((to) =>
    drPorts.map((port) => ({ ...port, from: otherSide(to), to, address: vipOf(pair, to) })),
  );
}
