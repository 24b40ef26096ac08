import { conditionOf, fieldAt, type KubeObject } from '../../../kube/index.ts';
import { isObject, objectsIn, textOf, type JsonObject } from '../json.ts';
import type { Column } from '../resource-definition.ts';
import { ageColumn, nameColumn, numberAt, printedAge, textAt, textColumn } from './columns.ts';

/** What `kubectl get pods` shows; the STATUS column follows the rules of k8s.io/kubernetes, printers/internalversion. */

function statuses(pod: KubeObject, field = 'containerStatuses'): JsonObject[] {
  return objectsIn(fieldAt(pod, 'status', field));
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function waitingReason(status: JsonObject): string {
  return textOf(fieldAt(status, 'state', 'waiting', 'reason'));
}

function terminatedReason(status: JsonObject): string | undefined {
  const terminated = fieldAt(status, 'state', 'terminated');
  if (!isObject(terminated)) return undefined;
  const reason = textOf(terminated.reason);
  if (reason !== '') return reason;
  const signal = numberOf(terminated.signal);
  return signal !== 0 ? `Signal:${String(signal)}` : `ExitCode:${String(numberOf(terminated.exitCode))}`;
}

/** The reason that an init container still gives, `Init:...`; undefined when all are through. */
function initReason(pod: KubeObject): string | undefined {
  const total = objectsIn(fieldAt(pod, 'spec', 'initContainers')).length;
  for (const [i, status] of statuses(pod, 'initContainerStatuses').entries()) {
    const terminated = fieldAt(status, 'state', 'terminated');
    if (isObject(terminated) && numberOf(terminated.exitCode) === 0) continue;
    if (isObject(terminated)) return `Init:${terminatedReason(status) ?? ''}`;
    const waiting = waitingReason(status);
    if (waiting !== '' && waiting !== 'PodInitializing') return `Init:${waiting}`;
    return `Init:${String(i)}/${String(total)}`;
  }
  return undefined;
}

function podStatus(pod: KubeObject): string {
  const phase = textAt(pod, 'status', 'phase');
  let reason = textAt(pod, 'status', 'reason') || phase;
  const scheduled = conditionOf(pod, 'PodScheduled');
  if (scheduled?.reason === 'SchedulingGated') reason = 'SchedulingGated';
  const init = initReason(pod);
  if (init !== undefined) reason = init;
  else {
    let isRunning = false;
    for (const status of statuses(pod).reverse()) {
      const waiting = waitingReason(status);
      const terminated = terminatedReason(status);
      if (waiting !== '') reason = waiting;
      else if (terminated !== undefined) reason = terminated;
      else if (status.ready === true && fieldAt(status, 'state', 'running') !== undefined) isRunning = true;
    }
    if (reason === 'Completed' && isRunning)
      reason = conditionOf(pod, 'Ready')?.status === 'True' ? 'Running' : 'NotReady';
  }
  if (pod.metadata.deletionTimestamp === undefined) return reason;
  if (textAt(pod, 'status', 'reason') === 'NodeLost') return 'Unknown';
  return phase === 'Failed' || phase === 'Succeeded' ? reason : 'Terminating';
}

function ready(pod: KubeObject): string {
  const total = objectsIn(fieldAt(pod, 'spec', 'containers')).length;
  const count = statuses(pod).filter((s) => s.ready === true).length;
  return `${String(count)}/${String(total)}`;
}

function restarts(pod: KubeObject, nowMs: number): string {
  const all = statuses(pod);
  const count = all.reduce((sum, s) => sum + numberOf(s.restartCount), 0);
  const times = all.map((s) => textOf(fieldAt(s, 'lastState', 'terminated', 'finishedAt'))).filter((t) => t !== '');
  const last = times.sort().at(-1);
  return count > 0 && last !== undefined ? `${String(count)} (${printedAge(last, nowMs)} ago)` : String(count);
}

function readinessGates(pod: KubeObject): string {
  const gates = objectsIn(fieldAt(pod, 'spec', 'readinessGates'));
  if (gates.length === 0) return '';
  const passed = gates.filter((g) => conditionOf(pod, textOf(g.conditionType))?.status === 'True').length;
  return `${String(passed)}/${String(gates.length)}`;
}

export const podColumns: readonly Column[] = [
  nameColumn,
  textColumn('Ready', ready),
  textColumn('Status', podStatus),
  { name: 'Restarts', type: 'string', value: restarts },
  ageColumn,
  textColumn('IP', (o) => textAt(o, 'status', 'podIP'), { priority: 1, none: '<none>' }),
  textColumn('Node', (o) => textAt(o, 'spec', 'nodeName'), { priority: 1, none: '<none>' }),
  textColumn('Nominated Node', (o) => textAt(o, 'status', 'nominatedNodeName'), { priority: 1, none: '<none>' }),
  textColumn('Readiness Gates', readinessGates, { priority: 1, none: '<none>' }),
];

/** `ready/wanted` of a workload. */
export function readyOf(object: KubeObject): string {
  return `${String(numberAt(object, 'status', 'readyReplicas'))}/${String(numberAt(object, 'spec', 'replicas'))}`;
}
