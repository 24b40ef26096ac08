import { conditionOf } from '../../kube/index.ts';
import type { Node, NodeRequirement, NodeSelectorTerm, PodSpec, Taint, Toleration } from '../core-types.ts';

/** Whether a toleration is for this taint. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== undefined && toleration.effect !== '' && toleration.effect !== taint.effect) return false;
  if (toleration.key === undefined || toleration.key === '') return toleration.operator === 'Exists';
  if (toleration.key !== taint.key) return false;
  return toleration.operator === 'Exists' || (toleration.value ?? '') === (taint.value ?? '');
}

/** The first taint that keeps a Pod with these tolerations off the node. */
export function untoleratedTaint(tolerations: readonly Toleration[] | undefined, node: Node): Taint | undefined {
  return node.spec.taints?.find(
    (taint) => taint.effect !== 'PreferNoSchedule' && !tolerations?.some((toleration) => tolerates(toleration, taint)),
  );
}

function holds({ key, operator, values = [] }: NodeRequirement, fields: Readonly<Record<string, string>>): boolean {
  const value = fields[key];
  switch (operator) {
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

function termMatches(term: NodeSelectorTerm, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  const fields = { 'metadata.name': node.metadata.name ?? '' };
  return (
    (term.matchExpressions ?? []).every((r) => holds(r, labels)) &&
    (term.matchFields ?? []).every((r) => holds(r, fields))
  );
}

/** nodeSelector and required node affinity. */
export function nodeIsWanted(spec: PodSpec, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  if (Object.entries(spec.nodeSelector ?? {}).some(([key, value]) => labels[key] !== value)) return false;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || required.nodeSelectorTerms.some((term) => termMatches(term, node));
}

export function nodeIsReady(node: Node): boolean {
  return conditionOf(node, 'Ready')?.status === 'True';
}

const UNSCHEDULABLE: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** The first of the scheduler's filters, in its order, that a node does not pass. */
function whyNot(spec: PodSpec, node: Node): string | undefined {
  const { tolerations } = spec;
  if (node.spec.unschedulable === true && !tolerations?.some((toleration) => tolerates(toleration, UNSCHEDULABLE)))
    return 'node(s) were unschedulable';
  const taint = untoleratedTaint(tolerations, node);
  if (taint) return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`;
  return nodeIsWanted(spec, node) ? undefined : "node(s) didn't match Pod's node affinity/selector";
}

export type Placement = { readonly node: string } | { readonly message: string };

/**
 * The node with the fewest Pods among those that fit, or the scheduler's own words for why none does, e.g.
 * `0/3 nodes are available: 3 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.`
 */
export function placePod(spec: PodSpec, nodes: readonly Node[], podCount: ReadonlyMap<string, number>): Placement {
  const reasons = new Map<string, number>();
  const fitting: Node[] = [];
  for (const node of nodes) {
    const reason = whyNot(spec, node);
    if (reason === undefined) fitting.push(node);
    else reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  const load = (node: Node): number => podCount.get(node.metadata.name ?? '') ?? 0;
  const [best] = fitting.sort(
    (a, b) => load(a) - load(b) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1),
  );
  if (best) return { node: best.metadata.name ?? '' };
  if (nodes.length === 0) return { message: 'no nodes available to schedule pods' };
  const words = [...reasons].map(([reason, count]) => `${String(count)} ${reason}`).join(', ');
  return { message: onNoNode(nodes.length, words) };
}

/** The scheduler's message about a Pod that fits on no node. */
export function onNoNode(nodeCount: number, why: string): string {
  const total = String(nodeCount);
  return `0/${total} nodes are available: ${why}. preemption: 0/${total} nodes are available: ${total} Preemption is not helpful for scheduling.`;
}
