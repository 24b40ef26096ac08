import type { FailoverReport, LostMachine, SeenObject } from './failover-report.ts';

/** The report for people: a table of the objects, one of the machines, and a sentence. No colour. */
export function failoverText({ objects, lostMachines, safe }: FailoverReport): string {
  const parts = [
    table(['OBJECT', 'NAME', 'BELONGS TO', 'SEEN AS', 'BY', 'AT A FAILOVER'], objects.map(objectRow)),
    ...(lostMachines.length > 0
      ? [table(['LOST MACHINE', 'ADDRESS', 'POOL ENTRY', 'OF', 'BECAUSE OF'], lostMachines.map(machineRow))]
      : []),
    summary({ objects, lostMachines, safe }),
  ];
  return parts.join('\n\n');
}

function objectRow({ kind, name, belongsTo, cluster, seenAs, by, danger }: SeenObject): string[] {
  const owner =
    belongsTo === 'none' ? 'no cluster' : `${belongsTo === 'global' ? 'global' : `workload ${cluster ?? ''}`}`;
  const effect =
    danger === 'lost' ? 'its machines are deleted' : danger === 'left out' ? 'is not carried over' : 'nothing';
  return [kind, name, owner.trim(), seenAs, by, effect];
}

function machineRow({ hostname, ip, pool, slot, owner, because }: LostMachine): string[] {
  return [hostname ?? 'unknown', ip ?? 'unknown', `${pool}[${String(slot)}]`, owner, because.join(', ')];
}

function summary({ objects, lostMachines, safe }: FailoverReport): string {
  if (objects.length === 0) return 'No object of Cluster API or a provider: a failover selects nothing here.';
  if (safe) return 'A failover takes every object for what it is; no machine is lost.';
  const count = (danger: SeenObject['danger']): number => objects.filter((seen) => seen.danger === danger).length;
  const leftOut = count('left out');
  return [
    lostMachines.length > 0 || count('lost') > 0
      ? `A failover would delete ${String(lostMachines.length)} machines of the standby side: ${counted(count('lost'))} of global taken for workload.`
      : '',
    leftOut > 0 ? `${counted(leftOut)} of workload clusters taken for those of global and not carried over.` : '',
  ]
    .filter((sentence) => sentence !== '')
    .join('\n');
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [header, ...rows].map(line).join('\n');
}

function counted(objects: number): string {
  return objects === 1 ? 'one object' : `${String(objects)} objects`;
}
