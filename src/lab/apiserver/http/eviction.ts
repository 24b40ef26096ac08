import { conditionOf, fieldAt, type KubeObject } from '../../../kube/index.ts';
import type { ApiContext } from '../api-context.ts';
import { parseDeleteOptions } from '../deletion.ts';
import { objectIn } from '../json.ts';
import type { ObjectReader } from '../object-reader.ts';
import type { ObjectWriter } from '../object-writer.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { parseLabelSelector, selectorText } from '../selector.ts';
import { badRequest, statusError } from '../status-error.ts';
import { objectBody, writeRequest, type ResourceRequest } from './resource-request.ts';
import type { SubresourceHandler } from './subresource.ts';

const VIOLATION = "Cannot evict pod as it would violate the pod's disruption budget.";
/** What a client waits before it asks again about a budget whose status is not of its spec. */
const UNOBSERVED_RETRY_S = 10;

interface Parts {
  readonly context: ApiContext;
  readonly reader: ObjectReader;
  readonly writer: ObjectWriter;
}

/** `pods/eviction`: a deletion that a PodDisruptionBudget may refuse with 429, and that is counted against it. */
export function evictionHandler({ context, reader, writer }: Parts): SubresourceHandler {
  return async (request) => {
    const { definition, version, info, exchange } = request;
    const body = objectBody(await exchange.bodyValue());
    const name = info.name ?? '';
    if ((body.metadata.name ?? name) !== name) throw badRequest('name in URL does not match name in Eviction object');
    const options = parseDeleteOptions(body.deleteOptions, exchange.query);
    const pod = await reader.get(definition, version, info.namespace, name);
    const budgets = context.registry.get('policy', 'poddisruptionbudgets');
    if (budgets && !goesAnyway(pod)) {
      const found = await budgetsOf(pod, budgets);
      if (found.length > 1)
        throw statusError(
          500,
          '',
          'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
        );
      const [budget] = found;
      if (budget && !mayGoUnready(pod, budget)) await take(request, { budgets, budget, dryRun: options.dryRun });
    }
    await writer.delete({ definition, version, namespace: info.namespace, name }, options, options);
    exchange.sendJson(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
  };

  async function budgetsOf(pod: KubeObject, budgets: ResourceDefinition): Promise<KubeObject[]> {
    const { items } = await reader.list(budgets, 'v1', pod.metadata.namespace, new URLSearchParams());
    return items
      .map(({ object }) => object)
      .filter((budget) => {
        const selector = fieldAt(budget, 'spec', 'selector');
        // An absent selector means no Pod, an empty one every Pod.
        if (selector === undefined) return false;
        const matches = parseLabelSelector(selectorText(selector));
        return matches?.(pod.metadata.labels ?? {}) ?? true;
      });
  }

  /** Counts one disruption against the budget, or refuses. */
  async function take(
    request: ResourceRequest,
    { budgets, budget, dryRun }: { budgets: ResourceDefinition; budget: KubeObject; dryRun: boolean },
  ): Promise<void> {
    const { name = '', namespace } = budget.metadata;
    await writer.update(
      { definition: budgets, version: 'v1', namespace, name },
      (current) => {
        const next = current ?? budget;
        refuseBeyond(next);
        const status = objectIn(next, 'status');
        status.disruptionsAllowed = countAt(next, 'disruptionsAllowed') - 1;
        objectIn(status, 'disruptedPods')[request.info.name ?? ''] = new Date(context.clock.now())
          .toISOString()
          .replace(/\.\d+Z$/, 'Z');
        return next;
      },
      {
        ...writeRequest(request),
        user: { username: 'system:apiserver', groups: ['system:masters'] },
        subresource: 'status',
        dryRun,
        mayCreate: false,
      },
    );
  }
}

/** Pods that have ended, are not placed or are on their way out disrupt nothing. */
function goesAnyway(pod: KubeObject): boolean {
  const phase = fieldAt(pod, 'status', 'phase');
  return (
    phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending' || pod.metadata.deletionTimestamp !== undefined
  );
}

/** A Pod that is not ready may go where the budget is kept without it, or where its policy says so. */
function mayGoUnready(pod: KubeObject, budget: KubeObject): boolean {
  if (conditionOf(pod, 'Ready')?.status === 'True') return false;
  if (fieldAt(budget, 'spec', 'unhealthyPodEvictionPolicy') === 'AlwaysAllow') return true;
  const desired = countAt(budget, 'desiredHealthy');
  return desired > 0 && countAt(budget, 'currentHealthy') >= desired;
}

function countAt(budget: KubeObject, field: string): number {
  const value = fieldAt(budget, 'status', field);
  return typeof value === 'number' ? value : 0;
}

/** Throws the 429 of kube-apiserver, with its cause, when the budget allows no disruption. */
function refuseBeyond(budget: KubeObject): void {
  const { name = '', generation = 1 } = budget.metadata;
  const refusal = (message: string, retryAfterSeconds?: number): Error =>
    statusError(429, 'TooManyRequests', VIOLATION, {
      causes: [{ reason: 'DisruptionBudget', message }],
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    });
  if (countAt(budget, 'observedGeneration') < generation)
    throw refusal(`The disruption budget ${name} is still being processed by the server.`, UNOBSERVED_RETRY_S);
  if (countAt(budget, 'disruptionsAllowed') > 0) return;
  const [desired, current] = [countAt(budget, 'desiredHealthy'), countAt(budget, 'currentHealthy')];
  throw refusal(
    `The disruption budget ${name} needs ${String(desired)} healthy pods and has ${String(current)} currently`,
  );
}
