import { conditionOf } from '../../../kube/index.ts';
import {
  beingDeleted,
  isConditionTrue,
  isFalse,
  isTrue,
  isUnknown,
  labels,
  setConditions,
  summary,
  type ConditionState,
  type KubeadmControlPlane,
  type Machine,
} from '../kit/index.ts';
import type { ControlPlaneHealth } from './control-plane-health.ts';

export interface ControlPlaneFacts {
  readonly machines: readonly Machine[];
  /** Names of machines to be replaced, with the reason. */
  readonly outdated: ReadonlyMap<string, string>;
  /** Absent while the new API server does not answer. */
  readonly health: ControlPlaneHealth | undefined;
  readonly nowMs: number;
}

/** Writes counts, `initialized`, `ready` and the conditions of a KubeadmControlPlane from what was observed. */
export function writeControlPlaneStatus(controlPlane: KubeadmControlPlane, facts: ControlPlaneFacts): void {
  const { machines, outdated, health, nowMs } = facts;
  const wanted = controlPlane.spec.replicas ?? 1;
  const readyReplicas = health?.machines.filter((m) => m.nodeReady).length ?? 0;
  const status = (controlPlane.status ??= {});
  status.selector = `${labels.clusterName}=${controlPlane.metadata.labels?.[labels.clusterName] ?? ''},${labels.controlPlane}`;
  status.replicas = machines.length;
  status.updatedReplicas = machines.filter((m) => !outdated.has(m.metadata.name ?? '')).length;
  status.readyReplicas = readyReplicas;
  status.unavailableReplicas = machines.length - readyReplicas;
  status.initialized = status.initialized === true || health?.initialized === true;
  status.ready = status.initialized && (readyReplicas > 0 || status.ready === true) && health !== undefined;
  status.observedGeneration = controlPlane.metadata.generation ?? 1;
  const oldest = machines.map((m) => m.spec.version ?? '').sort()[0];
  if (oldest !== undefined) status.version = oldest;

  if (machines.length > 0) setConditions(controlPlane, nowMs, ...machineConditions(machines, wanted, outdated.size));
  setConditions(
    controlPlane,
    nowMs,
    status.initialized ? isTrue('Available') : isFalse('Available', 'WaitingForKubeadmInit', 'Info'),
    ...componentConditions(health),
  );
  const ready = summary(controlPlane, [
    'MachinesCreated',
    'MachinesSpecUpToDate',
    'Resized',
    'MachinesReady',
    'Available',
    'CertificatesAvailable',
    ...(status.initialized ? ['ControlPlaneComponentsHealthy', 'EtcdClusterHealthy'] : []),
  ]);
  if (ready) setConditions(controlPlane, nowMs, ready);
}

function machineConditions(machines: readonly Machine[], wanted: number, outdated: number): ConditionState[] {
  const count = machines.length;
  const resized =
    count === wanted && !machines.some(beingDeleted)
      ? isTrue('Resized')
      : isFalse(
          'Resized',
          count < wanted ? 'ScalingUp' : 'ScalingDown',
          'Warning',
          `Scaling ${count < wanted ? 'up' : 'down'} control plane to ${String(wanted)} replicas (actual ${String(count)})`,
        );
  const notReady = machines.filter((m) => !isConditionTrue(m, 'Ready'));
  const first = notReady[0] && conditionOf(notReady[0], 'Ready');
  const machinesReady =
    notReady.length === 0
      ? isTrue('MachinesReady')
      : isFalse(
          'MachinesReady',
          `${first?.reason ?? 'WaitingForInfrastructure'} @ Machine/${notReady[0]?.metadata.name ?? ''}`,
          'Info',
          first?.message ?? '',
        );
  return [
    resized,
    machinesReady,
    isTrue('MachinesCreated'),
    ...(outdated === 0 ? [isTrue('MachinesSpecUpToDate')] : []),
  ];
}

function componentConditions(health: ControlPlaneHealth | undefined): ConditionState[] {
  const of = (type: string, members: readonly string[], reason: string): ConditionState => {
    if (!health) return isUnknown(type, 'InspectionFailed', 'Cannot get the nodes of the workload cluster');
    const failing = health.machines.flatMap(({ machine, conditions }) =>
      conditions
        .filter((c) => members.includes(c.type) && c.status === 'False')
        .map(
          (c) =>
            `Machine ${machine.metadata.name ?? ''} reports ${c.type} condition is false (${c.status === 'False' ? c.reason : ''})`,
        ),
    );
    if (failing.length > 0) return isFalse(type, reason, 'Error', failing.join('; '));
    const unknown = health.machines.some(({ conditions }) =>
      conditions.some((c) => members.includes(c.type) && c.status === 'Unknown'),
    );
    return unknown
      ? isUnknown(type, `${reason.replace('Unhealthy', '')}Unknown`, 'Waiting for all machines to report')
      : isTrue(type);
  };
  return [
    of(
      'ControlPlaneComponentsHealthy',
      ['APIServerPodHealthy', 'ControllerManagerPodHealthy', 'SchedulerPodHealthy', 'EtcdPodHealthy'],
      'ControlPlaneComponentsUnhealthy',
    ),
    of('EtcdClusterHealthy', ['EtcdMemberHealthy'], 'EtcdClusterUnhealthy'),
  ];
}
