import { sideNames, type SideName } from '../../../dr/index.ts';
import type { LabClient } from '../../../lab/control/index.ts';
import { formatTable } from '../../view/table.ts';

/** One virtual machine of the data centres, as its platform shows it. */
export interface SurveyedMachine {
  readonly side: SideName;
  readonly cluster: string;
  readonly name: string;
  /** The platform's own identity of it. */
  readonly id: string;
  readonly state: string;
}

/** Every machine that is a node of a cluster now, sorted. Machines are counted where they are real: on the platform. */
export async function surveyMachines(lab: LabClient): Promise<SurveyedMachine[]> {
  const { machines } = await lab.status();
  return machines
    .flatMap(({ name, id, state, cluster, site }) => {
      const side = sideNames.find((s) => s === site);
      return side === undefined || cluster === undefined ? [] : [{ side, cluster, name, id, state }];
    })
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function keyOf({ side, cluster, name, id }: SurveyedMachine): string {
  return [side, cluster, name, id].join('/');
}

/** The machines at one moment of a rehearsal. */
export interface Survey {
  /** `before`, `after failover`. */
  readonly moment: string;
  readonly machines: readonly SurveyedMachine[];
}

/** What became of the machines that were there at the first moment. */
export interface MachineReport {
  readonly type: 'machines';
  readonly moments: readonly string[];
  readonly machines: readonly (Omit<SurveyedMachine, 'state'> & {
    /** At each moment; `gone` when the platform no longer has it. */
    readonly states: readonly string[];
    readonly lost: boolean;
  })[];
  readonly lost: number;
}

const GONE = 'gone';

/**
 * A machine is lost when the platform no longer has it or is deleting it; one that has no power is not, as it comes back with what
 * was on its disks.
 */
export function machineReport(surveys: readonly Survey[]): MachineReport {
  const [first] = surveys;
  const machines = (first?.machines ?? []).map(({ state: _state, ...machine }) => {
    const states = surveys.map(({ machines: seen }) => seen.find(({ id }) => id === machine.id)?.state ?? GONE);
    return { ...machine, states, lost: states.some((state) => !['running', 'stopped', 'stopping'].includes(state)) };
  });
  return {
    type: 'machines',
    moments: surveys.map(({ moment }) => moment),
    machines,
    lost: machines.filter(({ lost }) => lost).length,
  };
}

export function machineReportText({ moments, machines, lost }: MachineReport): string {
  const rows = machines.map(({ side, cluster, name, id, states, lost: isLost }) => [
    side,
    cluster,
    name,
    id,
    ...states,
    isLost ? 'LOST' : '',
  ]);
  const header = ['SIDE', 'CLUSTER', 'MACHINE', 'ID ON THE PLATFORM', ...moments.map((m) => m.toUpperCase()), ''];
  const verdict =
    lost === 0
      ? `no machine was lost: ${String(machines.length)} of ${String(machines.length)} are what they were`
      : `${String(lost)} of ${String(machines.length)} machines were lost`;
  return `${formatTable(header, rows)}\n\n${verdict}`;
}
