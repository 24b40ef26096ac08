import type { Condition, KubeObject } from '../kube/index.ts';
import type { Inventory } from './inventory.ts';

const NAMESPACE = 'cpaas-system';

export function object(
  kind: string,
  name: string,
  more: { spec?: unknown; status?: unknown; labels?: Record<string, string> } = {},
): KubeObject {
  const { labels, ...rest } = more;
  return { apiVersion: 'v1', kind, metadata: { name, namespace: NAMESPACE, ...(labels && { labels }) }, ...rest };
}

export const notTrue = (type: string, reason: string, message: string, since = '2026-01-01T00:00:00Z'): Condition => ({
  type,
  status: 'False',
  reason,
  message,
  lastTransitionTime: since,
});

const isTrue = (type: string): Condition => ({ type, status: 'True' });

const ref = (kind: string, name: string): unknown => ({ kind, name, namespace: NAMESPACE });

/** One control plane machine of which the infrastructure waits, as Cluster API shows it. */
export function stalledInventory(reason = 'WaitingForIP', message = 'no address yet'): Inventory {
  const machineLabels = { 'cluster.x-k8s.io/cluster-name': 'global', 'cluster.x-k8s.io/control-plane': '' };
  return {
    clusters: [
      object('Cluster', 'global', {
        spec: {
          controlPlaneRef: ref('KubeadmControlPlane', 'global-kcp'),
          infrastructureRef: ref('DCSCluster', 'global'),
        },
        status: {
          phase: 'Provisioned',
          conditions: [
            isTrue('InfrastructureReady'),
            notTrue('ControlPlaneReady', 'ScalingUp', 'wait'),
            notTrue('Ready', 'ScalingUp', 'wait'),
          ],
        },
      }),
    ],
    controlPlanes: [
      object('KubeadmControlPlane', 'global-kcp', {
        spec: { replicas: 3 },
        status: {
          readyReplicas: 0,
          conditions: [
            notTrue('Ready', 'ScalingUp', '1 of 3'),
            notTrue('MachinesReady', 'WaitingForInfrastructure', 'm1'),
          ],
        },
      }),
    ],
    machineDeployments: [],
    machines: [
      object('Machine', 'global-kcp-a', {
        labels: machineLabels,
        spec: { infrastructureRef: ref('DCSMachine', 'm-a') },
        status: { phase: 'Running', conditions: [isTrue('Ready')] },
      }),
      object('Machine', 'global-kcp-b', {
        labels: machineLabels,
        spec: { infrastructureRef: ref('DCSMachine', 'm-b') },
        status: { phase: 'Provisioning', conditions: [notTrue('InfrastructureReady', reason, message)] },
      }),
    ],
    bootstrapConfigs: [],
    infrastructure: [
      object('DCSCluster', 'global', { status: { ready: true } }),
      object('DCSMachine', 'm-a', { status: { ready: true } }),
      object('DCSMachine', 'm-b', { status: { ready: false, conditions: [notTrue('VMReady', reason, message)] } }),
    ],
    events: [
      {
        ...object('Event', 'e1'),
        involvedObject: { kind: 'DCSMachine', name: 'm-b' },
        type: 'Warning',
        reason: 'Old',
        message: 'old',
        lastTimestamp: '2026-01-01T00:00:01Z',
      },
      {
        ...object('Event', 'e2'),
        involvedObject: { kind: 'DCSMachine', name: 'm-b' },
        type: 'Warning',
        reason: reason,
        message,
        lastTimestamp: '2026-01-01T00:00:05Z',
      },
    ],
  };
}
