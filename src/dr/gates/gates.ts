import { GlobalctlError } from '../../base/index.ts';
import { failoverReport, viewsOf } from '../../lint/index.ts';
import type { SideName } from '../pair.ts';
import type { SyncCheck, SyncUnable } from '../sync/monitor.ts';
import type { LiveMachine, LiveView } from './live-machines.ts';

/** A condition that must hold before anything is switched, as it was found. */
export interface DrGate {
  readonly id: string;
  readonly title: string;
  readonly ok: boolean;
  readonly observed: string;
  /** What is behind it, one entry a line: keys, machines, objects. */
  readonly details: readonly string[];
}

/** `/check` of the synchronizer: neither missed nor surplus keys, no other values, and Secrets take part (disaster-recovery §8). */
export function syncGate(check: SyncCheck | SyncUnable): DrGate {
  const gate = { id: 'sync', title: 'Both sides hold the same' };
  if (!('consistent' in check))
    return { ...gate, ok: false, observed: `the sides cannot be compared: ${check.reason}`, details: [] };
  const { counts, missed, surplus, unlike, secrets, keys } = check;
  const held = secrets?.state === 'held';
  const list = (title: string, count: number, found: readonly string[]): string[] => [
    ...found.map((key) => `${title}: ${key}`),
    ...(count > found.length ? [`${title}: and ${String(count - found.length)} more`] : []),
  ];
  return {
    ...gate,
    ok: check.consistent && !held,
    observed: held
      ? `Secrets are held back: ${secrets.reason ?? 'the standby side cannot read them'}`
      : check.consistent
        ? `${keys === undefined ? 'all' : String(keys)} keys are the same at revision ${String(check.sourceRevision)}`
        : `${String(counts.missed)} missed keys, ${String(counts.surplus)} surplus keys, ${String(counts.unlike)} with other values`,
    details: [
      ...list('missed', counts.missed, missed),
      ...list('surplus', counts.surplus, surplus),
      ...list('other value', counts.unlike, unlike),
    ],
  };
}

/** Every machine of a side runs, and none is being deleted: else owner references may resolve wrongly (disaster-recovery §8). */
export function machinesGate(side: SideName, { machines, platformTrouble }: LiveView): DrGate {
  const deleting = machines.filter((machine) => machine.deleting);
  const waiting = machines.filter(({ deleting: going, phase }) => !going && phase !== 'Running');
  const faults = deleting.length + waiting.length + platformTrouble.length;
  return {
    id: `machines-${side}`,
    title: `Every machine that the ${side} side knows runs`,
    ok: faults === 0,
    observed:
      faults === 0
        ? `${String(machines.length)} machines Running`
        : `${String(deleting.length)} marked as deleted, ${String(waiting.length + platformTrouble.length)} not Running`,
    details: [
      ...deleting.map((machine) => `would be deleted: ${describeMachine(machine)}`),
      ...waiting.map((machine) => `${machine.phase}: ${describeMachine(machine)}`),
      ...platformTrouble.map((text) => `not Running: machines.platform.tkestack.io ${text}`),
    ],
  };
}

/** Nothing of `global` is taken for an object of a workload cluster; what a failover would delete is listed. */
export function prefixGate(side: SideName, { machines, written }: LiveView): DrGate {
  const { objects } = failoverReport(viewsOf({ objects: written }).flatMap(({ views }) => views));
  const lost = machines.filter(({ cluster, seenAs }) => cluster === 'global' && seenAs === 'workload');
  const unprefixed = objects.filter(({ danger }) => danger === 'lost');
  const leftOut = objects.filter(({ danger }) => danger === 'left out');
  const ok = lost.length === 0 && unprefixed.length === 0 && leftOut.length === 0;
  return {
    id: `prefix-${side}`,
    title: `Every object of the ${side} side is taken for what it is`,
    ok,
    observed: ok
      ? `${String(objects.length)} objects`
      : `${String(unprefixed.length)} objects of global taken for workload, behind them ${String(lost.length)} machines; ${String(leftOut.length)} of workload clusters taken for global`,
    details: [
      ...unprefixed.map(({ kind, namespace, name }) => `no prefix: ${kind} ${namespace ?? ''}/${name}`),
      ...lost.map((machine) => `would be deleted: ${describeMachine(machine)}`),
      ...leftOut.map(({ kind, namespace, name }) => `would be left out: ${kind} ${namespace ?? ''}/${name}`),
    ],
  };
}

export function describeMachine({ namespace, name, cluster, providerID }: LiveMachine): string {
  return `Machine ${namespace}/${name} of cluster ${cluster}${providerID === undefined ? '' : `, virtual machine ${providerID}`}`;
}

/** Every gate and what is behind the closed ones, for people. */
export function gatesText(gates: readonly DrGate[]): string {
  return gates
    .flatMap(({ id, title, ok, observed, details }) => [
      `${ok ? 'open  ' : 'CLOSED'}  ${id}: ${title}: ${observed}`,
      ...(ok ? [] : details.map((line) => `          ${line}`)),
    ])
    .join('\n');
}

/** Throws DR_GATE_CLOSED that lists everything behind the closed gates. */
export function requireOpen(gates: readonly DrGate[]): void {
  const closed = gates.filter(({ ok }) => !ok);
  if (closed.length === 0) return;
  throw new GlobalctlError('DR_GATE_CLOSED', {
    message: `${String(closed.length)} of ${String(gates.length)} gates ${closed.length === 1 ? 'is' : 'are'} closed`,
    subject: closed.map(({ id }) => id).join(', '),
    expected: closed.map(({ title }) => title).join('; '),
    found: gatesText(closed),
  });
}
