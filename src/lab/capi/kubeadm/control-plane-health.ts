import { conditionOf, type KubeObject } from '../../../kube/index.ts';
import { isFalse, isTrue, isUnknown, type ConditionState, type Machine, type Node } from '../kit/index.ts';

/** The static Pods of a control plane node and the Machine condition that each gives. */
const components = [
  { pod: 'kube-apiserver', condition: 'APIServerPodHealthy' },
  { pod: 'kube-controller-manager', condition: 'ControllerManagerPodHealthy' },
  { pod: 'kube-scheduler', condition: 'SchedulerPodHealthy' },
  { pod: 'etcd', condition: 'EtcdPodHealthy' },
] as const;

export interface MachineHealth {
  readonly machine: Machine;
  readonly conditions: readonly ConditionState[];
  readonly healthy: boolean;
  readonly nodeReady: boolean;
}

export interface ControlPlaneHealth {
  /** kubeadm finished on the first machine: its ConfigMap `kubeadm-config` is there. */
  readonly initialized: boolean;
  readonly machines: readonly MachineHealth[];
}

function podCondition(type: string, pod: KubeObject | undefined, podName: string): ConditionState {
  if (!pod) return isFalse(type, 'PodMissing', 'Error', `Pod ${podName} is missing`);
  const phase = (pod as { status?: { phase?: string } }).status?.phase;
  if (phase === 'Failed') return isFalse(type, 'PodFailed', 'Error', 'All the containers have been terminated');
  const ready = conditionOf(pod, 'Ready');
  if (ready?.status === 'True') return isTrue(type);
  return isFalse(type, 'PodProvisioning', 'Info', 'Waiting to be scheduled and for its containers to be ready');
}

/** What is seen of a control plane in its own cluster. */
export interface ControlPlaneView {
  readonly initialized: boolean;
  readonly nodes: readonly Node[];
  readonly controlPlanePods: readonly KubeObject[];
}

/** Matches the nodes and static Pods of a cluster with its control plane machines. */
export function inspectControlPlane(view: ControlPlaneView, machines: readonly Machine[]): ControlPlaneHealth {
  const { nodes, initialized } = view;
  const pods = new Map(view.controlPlanePods.map((pod) => [pod.metadata.name ?? '', pod]));
  return {
    initialized,
    machines: machines.map((machine) => {
      const node = nodes.find(
        (n) => machine.spec.providerID !== undefined && n.spec?.providerID === machine.spec.providerID,
      );
      if (!node) {
        const conditions = components.map((c) =>
          isUnknown(c.condition, 'NodeNotYetRegistered', 'Waiting for the node of this machine'),
        );
        return { machine, conditions, healthy: false, nodeReady: false };
      }
      const nodeName = node.metadata.name ?? '';
      const conditions: ConditionState[] = components.map(({ pod, condition }) =>
        podCondition(condition, pods.get(`${pod}-${nodeName}`), `${pod}-${nodeName}`),
      );
      const etcd = conditions.find((c) => c.type === 'EtcdPodHealthy');
      conditions.push(
        etcd?.status === 'True'
          ? isTrue('EtcdMemberHealthy')
          : isFalse('EtcdMemberHealthy', 'EtcdMemberUnhealthy', 'Error', `etcd on ${nodeName} does not answer`),
      );
      return {
        machine,
        conditions,
        healthy: conditions.every((c) => c.status === 'True'),
        nodeReady: conditionOf(node, 'Ready')?.status === 'True',
      };
    }),
  };
}
