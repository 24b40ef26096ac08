import {
  conditionOf,
  conditionsOf,
  describeObject,
  fieldAt,
  textAt,
  PLATFORM_NAMESPACE,
  resources,
  type KubeClient,
  type KubeObject,
} from '../kube/index.ts';
import type { SupportedProvider } from '../providers/index.ts';
import type { Inventory } from './inventory.ts';
import { explainWait, lastEvent } from './wait-chain.ts';

/** Why an installation stands still, as far as the objects tell (guide, "Common stalls"). */
export interface Diagnosis {
  readonly symptom: string;
  readonly cause: string;
  /** The command that shows more. */
  readonly look: string;
  readonly cure: string;
}

export interface DiagnoseOptions {
  readonly provider: SupportedProvider;
  readonly inventory: Inventory;
  /** The new cluster, once its kubeconfig exists. */
  readonly cluster?: KubeClient | undefined;
  /** The end of installer.log, newest line last. */
  readonly installerLog?: readonly string[] | undefined;
  readonly nowMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Every finding that the objects support, the most specific first; never empty. */
export async function diagnose(options: DiagnoseOptions): Promise<readonly Diagnosis[]> {
  const found = [
    ...diagnoseMachines(options),
    ...diagnoseControlPlane(options),
    ...(await diagnoseNewCluster(options)),
    ...diagnoseInstaller(options),
  ];
  if (found.length > 0) return found;
  const chain = explainWait(options.inventory, options.nowMs);
  return [
    {
      symptom: chain.summary,
      cause: 'no known stall matches',
      look: `kubectl get clusters,kubeadmcontrolplanes,machines -n ${PLATFORM_NAMESPACE}`,
      cure: 'keep installer.log, the progress answer and the describe output of the objects above for support',
    },
  ];
}

export function formatDiagnosis(diagnoses: readonly Diagnosis[]): string {
  return diagnoses.map((d) => `${d.symptom}\n  cause: ${d.cause}\n  look:  ${d.look}\n  cure:  ${d.cure}`).join('\n');
}

function describeCommand(object: KubeObject, kubeconfig = ''): string {
  return `kubectl ${kubeconfig}describe ${object.kind.toLowerCase()} -n ${object.metadata.namespace ?? ''} ${object.metadata.name ?? ''}`;
}

/** Machines that do not run: their own conditions and their infrastructure's, read with the provider's error table. */
function diagnoseMachines({ inventory, provider }: DiagnoseOptions): Diagnosis[] {
  const result: Diagnosis[] = [];
  for (const machine of inventory.machines) {
    const phase = textAt(machine, 'status', 'phase');
    if (phase === 'Running') continue;
    const infraName = fieldAt(machine, 'spec', 'infrastructureRef', 'name');
    const infra = inventory.infrastructure.find(
      (i) => i.kind === provider.kinds.machine.kind && i.metadata.name === infraName,
    );
    for (const object of [infra, machine]) {
      if (!object) continue;
      const event = lastEvent(inventory, object);
      const messages = [
        ...conditionsOf(object)
          .filter((c) => c.status !== 'True')
          .map((c) => `${c.type}=${c.status} ${c.reason ?? ''} ${c.message ?? ''}`),
        ...(event === undefined ? [] : [event]),
      ];
      const reading = provider.readFailure({ object, messages });
      if (!reading) continue;
      result.push({
        symptom: `${describeObject(machine)} is ${phase ?? 'absent'}`,
        ...reading,
        look: describeCommand(object),
      });
      break;
    }
  }
  return result;
}

function diagnoseControlPlane({ inventory }: DiagnoseOptions): Diagnosis[] {
  return inventory.controlPlanes.flatMap((controlPlane) => {
    const wanted = Number(fieldAt(controlPlane, 'spec', 'replicas') ?? 0);
    const ready = Number(fieldAt(controlPlane, 'status', 'readyReplicas') ?? 0);
    const etcd = conditionOf(controlPlane, 'EtcdClusterHealthy');
    if (ready >= wanted && etcd?.status !== 'False') return [];
    if (inventory.machines.length === 0)
      return [
        {
          symptom: `${describeObject(controlPlane)}: no machine exists`,
          cause: conditionOf(controlPlane, 'MachinesCreated')?.message ?? 'the kubeadm provider has created none',
          look: describeCommand(controlPlane),
          cure: 'check the provider Pods in cpaas-system and the infrastructure cluster',
        },
      ];
    if (etcd?.status !== 'False') return [];
    return [
      {
        symptom: `${describeObject(controlPlane)}: ${String(ready)} of ${String(wanted)} replicas ready`,
        cause: `etcd is not healthy: ${etcd.message ?? etcd.reason ?? 'no reason given'}`,
        look: describeCommand(controlPlane),
        cure: 'look at etcd on the first control plane node and at the join of the others',
      },
    ];
  });
}

async function diagnoseNewCluster({ cluster, signal }: DiagnoseOptions): Promise<Diagnosis[]> {
  if (!cluster) return [];
  const result: Diagnosis[] = [];
  const pods =
    (await cluster.list(resources.pods, { namespace: 'kube-system', signal }).catch(() => undefined))?.items ?? [];
  for (const pod of pods) {
    const statuses = fieldAt(pod, 'status', 'containerStatuses');
    const waiting = Array.isArray(statuses)
      ? statuses.map((s: unknown) => fieldAt(s, 'state', 'waiting')).find(Boolean)
      : undefined;
    const reason = textAt(waiting, 'reason');
    if (reason !== 'ImagePullBackOff' && reason !== 'ErrImagePull' && fieldAt(pod, 'status', 'phase') !== 'Pending')
      continue;
    result.push({
      symptom: `${describeObject(pod)} of the new cluster is ${reason ?? 'Pending'}`,
      cause:
        textAt(waiting, 'message') ??
        conditionOf(pod, 'PodScheduled')?.message ??
        'the registry address of the nodes is not reachable from their network',
      look: describeCommand(pod, '--kubeconfig NEW '),
      cure: 'check bootstrap.registry.nodeAddress of the site and the route from the node network to it',
    });
  }
  const module = await cluster.find(resources.clusterModules, { name: 'global' }, signal).catch(() => undefined);
  const blocking = module && conditionsOf(module).find((c) => c.status === 'False');
  if (blocking)
    result.push({
      symptom: `ClusterModule global: ${blocking.type} is not met`,
      cause: blocking.message ?? blocking.reason ?? 'no reason given',
      look: 'kubectl --kubeconfig NEW describe clustermodule global',
      cure: 'mend the module that the condition names',
    });
  return result;
}

function diagnoseInstaller({ installerLog }: DiagnoseOptions): Diagnosis[] {
  const trouble = installerLog?.findLast((l) => /error|fail|stall/i.test(l));
  if (trouble === undefined) return [];
  return [
    {
      symptom: 'the installer reports trouble',
      cause: trouble,
      look: 'tail -n 50 /var/cpaas/data/installer.log',
      cure: 'mend the cause that the line names; the installer repeats the stage by itself',
    },
  ];
}
