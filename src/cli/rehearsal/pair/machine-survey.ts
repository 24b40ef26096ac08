import { sideNames, type SideName } from '../../../dr/index.ts';
import { HttpKubeClient, PLATFORM_NAMESPACE, resources, textAt, type KubeClient } from '../../../kube/index.ts';
import type { LabClient } from '../../../lab/control/index.ts';

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

/** What became of a machine that was there before. */
export interface Fate {
  readonly machine: SurveyedMachine;
  /** undefined: it is no more. */
  readonly after: SurveyedMachine | undefined;
  /** It is gone, or it is no longer what it was: running, on the way out. */
  readonly lost: boolean;
}

export function fates(before: readonly SurveyedMachine[], after: readonly SurveyedMachine[]): Fate[] {
  return before.map((machine) => {
    const now = after.find(({ id }) => id === machine.id);
    return { machine, after: now, lost: now?.state !== machine.state };
  });
}

/** Machines of a `global` cluster's Cluster API that are being deleted; a loss that the platform may not show yet. */
export async function machinesBeingDeleted(kubeconfig: string): Promise<string[]> {
  const client = await HttpKubeClient.fromFile(kubeconfig);
  try {
    const { items } = await client.list(resources.machines, { namespace: PLATFORM_NAMESPACE });
    return items
      .filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
      .map(({ metadata }) => metadata.name ?? '')
      .sort();
  } finally {
    await client.close();
  }
}

/** Phases of a cluster's Machines, by name. */
export async function machinePhases(client: KubeClient, cluster: string): Promise<ReadonlyMap<string, string>> {
  const { items } = await client.list(resources.machines, { namespace: PLATFORM_NAMESPACE });
  return new Map(
    items
      .filter((machine) => textAt(machine, 'spec', 'clusterName') === cluster)
      .map((machine) => [machine.metadata.name ?? '', textAt(machine, 'status', 'phase') ?? 'unknown']),
  );
}
