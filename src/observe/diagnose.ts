import {
  conditionOf,
  conditionsOf,
  describeObject,
  fieldAt,
  textAt,
  PLATFORM_NAMESPACE,
  resources,
  type Condition,
  type KubeClient,
  type KubeObject,
} from '../kube/index.ts';
import type { FailureReading, SupportedProvider } from '../providers/index.ts';
import type { Inventory } from './inventory.ts';
import { explainWait, lastEvent } from './wait-chain.ts';

/** Whole words: every line of an installer's log speaks of installing. */
const SIGN_OF_TROUBLE = /\b(warn(ing)?|error|fail(ed|ure)?|stalled)\b/i;

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
  /** `host:port` of the platform registry that the site names. */
  readonly registryDomain?: string | undefined;
  /** AppReleases of the bootstrap cluster with their status. */
  readonly appReleases?: readonly KubeObject[] | undefined;
  /** What the installer itself says holds it up, from its progress. */
  readonly installerError?: string | undefined;
  /** The end of installer.log, newest line last. */
  readonly installerLog?: readonly string[] | undefined;
  readonly nowMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Every finding that the objects support, the most specific first; never empty. */
export async function diagnose(options: DiagnoseOptions): Promise<readonly Diagnosis[]> {
  const found = [
    ...diagnoseAppReleases(options),
    ...diagnoseInfrastructureCluster(options),
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

/** Charts that are not installed at the revision that was asked for (runbook §5). */
function diagnoseAppReleases({ appReleases = [] }: DiagnoseOptions): Diagnosis[] {
  return appReleases.flatMap((release) => {
    const trouble = appReleaseTrouble(release);
    if (trouble === undefined) return [];
    const missing = /not found|manifest unknown|REGISTRY_NOT_FOUND|NAME_UNKNOWN|404/i.test(trouble.said);
    return [
      {
        symptom: `${describeObject(release)}: ${trouble.state}`,
        cause: trouble.said === '' ? 'the AppRelease operator has not said anything about it' : trouble.said,
        look: describeCommand(release),
        cure: missing
          ? 'compare chart and version with what the registry holds (globalctl pack inspect shows a package), set versions in the site to those of the delivery, push the right package'
          : 'mend what the message names, and look at the Pods of the AppRelease operator; it tries again by itself',
      },
    ];
  });
}

/** Why an AppRelease is not healthy: its chart is `Success` at the revision that was asked for (runbook §5). */
export function appReleaseTrouble(release: KubeObject): { readonly state: string; readonly said: string } | undefined {
  const wanted = textAt(release, 'spec', 'source', 'charts', 0, 'targetRevision');
  const chart = fieldAt(release, 'status', 'charts', 0);
  const phase = textAt(chart, 'phase');
  const installed = textAt(chart, 'installedRevision');
  if (phase === 'Success' && installed === wanted) return undefined;
  const said = conditionOf(release, 'Ready')?.message ?? fieldAt(chart, 'message');
  return {
    state: `phase ${phase ?? 'not set'}, revision ${installed ?? 'none'} of ${wanted ?? '?'}`,
    said: typeof said === 'string' ? said : '',
  };
}

/** The infrastructure cluster is where wrong credentials and an API that does not answer show first. */
function diagnoseInfrastructureCluster({ inventory, provider }: DiagnoseOptions): Diagnosis[] {
  return inventory.infrastructure.flatMap((object) => {
    if (object.kind !== provider.kinds.cluster.kind) return [];
    const messages = messagesOf(inventory, object);
    if (!failureOf(object)) return [];
    const reading = provider.readFailure({ object, messages }) ?? ownWords(object);
    if (!reading) return [];
    return [{ symptom: `${describeObject(object)} is not ready`, ...reading, look: describeCommand(object) }];
  });
}

/** What only passes by itself has severity Info. */
function failureOf(object: KubeObject): Condition | undefined {
  return conditionsOf(object).find((c) => c.status === 'False' && c.severity !== 'Info' && c.message !== undefined);
}

/** A failure that no table knows, as the provider says it. */
function ownWords(object: KubeObject): FailureReading | undefined {
  const failing = failureOf(object);
  if (failing?.message === undefined || failing.message === '') return undefined;
  return {
    cause: `${failing.reason ?? failing.type}: ${failing.message}`,
    cure: 'mend what the message names; the provider tries again by itself',
  };
}

function messagesOf(inventory: Inventory, object: KubeObject): readonly string[] {
  const event = lastEvent(inventory, object);
  return [
    ...conditionsOf(object)
      .filter((c) => c.status !== 'True')
      .map((c) => `${c.type}=${c.status} ${c.reason ?? ''} ${c.message ?? ''}`),
    ...(event === undefined ? [] : [event]),
  ];
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
      const reading =
        provider.readFailure({ object, messages: messagesOf(inventory, object) }) ??
        (object === infra ? ownWords(object) : undefined);
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

function diagnoseInstaller({ installerLog, installerError, registryDomain }: DiagnoseOptions): Diagnosis[] {
  const trouble = installerError ?? installerLog?.findLast((l) => SIGN_OF_TROUBLE.test(l));
  if (trouble === undefined) return [];
  const unreachable = /REGISTRY_UNREACHABLE/.test(trouble);
  const name =
    /(?:ENOTFOUND|EAI_AGAIN)\s+([\w.-]+)/.exec(trouble)?.[1] ?? /([\w.-]+): no such (?:name|host)/.exec(trouble)?.[1];
  return [
    {
      symptom: 'the installer reports trouble',
      cause: trouble,
      look: 'tail -n 50 /var/cpaas/data/installer.log',
      cure:
        unreachable && registryDomain !== undefined
          ? `platform.registryDomain of the site is ${registryDomain}: its name must lead to the control plane VIP from the bootstrap host and from the nodes; the installer repeats the stage by itself`
          : name === undefined
            ? 'mend the cause that the line names; the installer repeats the stage by itself'
            : `give ${name} an address in the DNS of the bootstrap host and of the nodes; the installer repeats the stage by itself`,
    },
  ];
}
