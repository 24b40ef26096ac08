import { formatDuration } from '../base/index.ts';
import { describeObject, fieldAt, textAt, type KubeObject } from '../kube/index.ts';
import type { Inventory } from './inventory.ts';
import { buildStatusTree, type StatusNode } from './status-tree.ts';

/** Why a wait goes on: the path from the Cluster down to the deepest object that holds it up. */
export interface WaitChain {
  /** One line an object, from the Cluster down, then the last event about the deepest. */
  readonly lines: readonly string[];
  /** The one line that says most. */
  readonly summary: string;
  readonly deepest: KubeObject | undefined;
}

function line(node: StatusNode, nowMs: number): string {
  const { object, blocking, phase } = node;
  const since =
    blocking?.lastTransitionTime === undefined ? undefined : nowMs - Date.parse(blocking.lastTransitionTime);
  const condition =
    blocking &&
    `${blocking.type}=${blocking.status}${blocking.reason === undefined ? '' : ` (${blocking.reason})`}${
      since === undefined || Number.isNaN(since) || since < 0 ? '' : ` for ${formatDuration(since)}`
    }${blocking.message === undefined || blocking.message === '' ? '' : `: ${blocking.message}`}`;
  return [describeObject(object), phase, condition].filter((part) => part !== undefined && part !== '').join(', ');
}

function isSettled(node: StatusNode): boolean {
  return node.ready === 'True' && node.blocking === undefined;
}

/**
 * Follows the first child that is not ready, from the Cluster down: the object at the end is what the wait hangs on. A
 * parent that is ready in itself is passed over only when it has no unready child.
 */
export function explainWait(inventory: Inventory, nowMs: number): WaitChain {
  const lines: string[] = [];
  let deepest: KubeObject | undefined;
  let nodes: readonly StatusNode[] = buildStatusTree(inventory);
  if (nodes.length === 0) return { lines: [], summary: 'no Cluster object yet', deepest: undefined };
  for (;;) {
    const next = nodes.find((n) => !isSettled(n));
    if (!next) break;
    lines.push(line(next, nowMs));
    deepest = next.object;
    nodes = next.children;
  }
  const event = deepest && lastEvent(inventory, deepest);
  if (event) lines.push(`last event: ${event}`);
  return { lines, summary: lines[event ? lines.length - 2 : lines.length - 1] ?? 'everything is ready', deepest };
}

/** `Warning FailedCreate: message` of the newest event about the object. */
export function lastEvent(inventory: Inventory, object: KubeObject): string | undefined {
  const time = (e: KubeObject): string =>
    textAt(e, 'lastTimestamp') ?? textAt(e, 'eventTime') ?? e.metadata.creationTimestamp ?? '';
  const about = inventory.events
    .filter(
      (e) =>
        fieldAt(e, 'involvedObject', 'kind') === object.kind &&
        fieldAt(e, 'involvedObject', 'name') === object.metadata.name,
    )
    .sort((a, b) => (time(a) < time(b) ? -1 : 1))
    .at(-1);
  if (!about) return undefined;
  return `${textAt(about, 'type') ?? 'Normal'} ${textAt(about, 'reason') ?? ''}: ${textAt(about, 'message') ?? ''}`;
}
