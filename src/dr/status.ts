import { toGlobalctlError } from '../base/index.ts';
import { expiryText } from './check/certificate.ts';
import { portTable, type PortRow } from './check/ports.ts';
import { probePort } from './check/probe-port.ts';
import { machinesGate, prefixGate, readLive, syncGate, type DrGate } from './gates/index.ts';
import { otherSide, platformDomain, sideNames, vipOf, type SideName } from './pair.ts';
import { DrContext } from './workflow/context.ts';
import type { PairRun } from './workflow/pair-run.ts';
import { readRoles, standbyOf, type SideRole } from './workflow/roles.ts';
import { openSwitch } from './workflow/switch-state.ts';

/** Where a pair stands, as it was found. */
export interface PairStatus {
  readonly domain: { readonly name: string; readonly leadsTo: SideName | 'neither' };
  readonly sides: readonly (SideRole & {
    readonly side: SideName;
    readonly vip: string;
    readonly role: 'active' | 'standby' | 'unknown';
  })[];
  /** Of the synchronizer on the standby side; absent without one. */
  readonly sync?: SyncStatus;
  readonly gates: readonly DrGate[];
  readonly ports: readonly (PortRow & { readonly state: 'open' | 'closed' | 'not looked at' })[];
  readonly certificates: readonly { readonly side: SideName; readonly port: number; readonly left: string }[];
  /** A switch that was begun and has not ended. */
  readonly open?: { readonly id: string; readonly startedAt: string };
}

export interface SyncStatus {
  readonly following?: boolean | undefined;
  readonly lagRevisions?: number | undefined;
  readonly lagSeconds?: number | undefined;
  readonly errors?: number | undefined;
  /** Until the client certificate for the active side's etcd ends. */
  readonly certificateSeconds?: number | undefined;
  readonly lastCheck?: string | undefined;
  /** Why the figures are missing. */
  readonly trouble?: string | undefined;
}

/** Looks at both sides, the domain, the synchronizer and every gate. Changes nothing; what does not answer is told, not thrown. */
export async function statusOfPair(run: PairRun): Promise<PairStatus> {
  await using context = new DrContext(run);
  const { pair, signal } = run;
  const roles = await readRoles(context.sides, signal);
  const standby = standbyOf(roles);
  const [gates, sync, leadsTo, looked, open] = await Promise.all([
    gatesOf(context, standby, roles.primary.reachable, roles.standby.reachable),
    standby === undefined ? undefined : syncOf(context, standby),
    leadingSide(context),
    ports(context, (side) => roles[side].reachable),
    openSwitch(run.stateFolder),
  ]);
  return {
    domain: { name: platformDomain(pair), leadsTo },
    sides: sideNames.map((side) => ({
      ...roles[side],
      side,
      vip: vipOf(pair, side),
      role: standby === side ? 'standby' : roles[side].reachable && standby === otherSide(side) ? 'active' : 'unknown',
    })),
    ...(sync && { sync }),
    gates,
    ports: looked.map(({ left: _left, ...row }) => row),
    certificates: looked.flatMap(({ to, port, left }) => (left === undefined ? [] : [{ side: to, port, left }])),
    ...(open && { open: { id: open.id, startedAt: open.startedAt } }),
  };
}

async function gatesOf(
  context: DrContext,
  standby: SideName | undefined,
  primary: boolean,
  second: boolean,
): Promise<DrGate[]> {
  const { pair, signal } = context.run;
  const gates: DrGate[] = standby === undefined ? [] : [syncGate(await context.tryCheck(standby, signal))];
  for (const side of sideNames) {
    if (!(side === 'primary' ? primary : second)) continue;
    const live = await readLive(await context.sides.client(side), pair[side].provider, signal);
    gates.push(machinesGate(side, live), prefixGate(side, live));
  }
  return gates;
}

async function syncOf(context: DrContext, standby: SideName): Promise<SyncStatus> {
  try {
    const metrics = await context.metrics(standby, context.run.signal);
    const at = (name: string): number | undefined => metrics.get(`etcd_sync_${name}`);
    const checked = at('check_timestamp_seconds');
    return {
      following: at('following') === undefined ? undefined : at('following') === 1,
      lagRevisions: at('lag_revisions'),
      lagSeconds: at('lag_seconds'),
      errors: at('errors_total'),
      certificateSeconds: at('certificate_expiry_seconds'),
      lastCheck: checked === undefined ? undefined : new Date(checked * 1000).toISOString(),
    };
  } catch (error) {
    if (context.run.signal.aborted) throw error;
    return { trouble: toGlobalctlError(error).message };
  }
}

async function leadingSide(context: DrContext): Promise<SideName | 'neither'> {
  for (const side of sideNames) {
    if ((await context.sides.ca(side)) === undefined) continue;
    if ((await context.domainLeadsTo(side)).ok) return side;
  }
  return 'neither';
}

async function ports(context: DrContext, reachable: (side: SideName) => boolean) {
  const { pair, clock } = context.run;
  return await Promise.all(
    portTable(pair).map(async (row) => {
      if (!reachable(row.to)) return { ...row, state: 'not looked at' as const, left: undefined };
      const proxyUrl = await context.sides.proxy(row.to);
      const seen = await probePort({ host: row.address, port: row.port, tls: row.port !== 80, proxyUrl });
      return {
        ...row,
        state: seen.open ? ('open' as const) : ('closed' as const),
        left: seen.open && seen.certificate ? expiryText(seen.certificate, clock.now()) : undefined,
      };
    }),
  );
}
