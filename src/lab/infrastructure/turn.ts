import type { KubeObject, Resource } from '../../kube/index.ts';
import type { ProviderEnvironment } from './provider-environment.ts';

export interface TurnRequest<T extends KubeObject> {
  readonly resource: Resource;
  /** The machine that asks. */
  readonly asking: T;
  /** The pool that a machine takes its slot from. */
  readonly poolOf: (machine: T) => string | undefined;
  /** Whether a machine has its slot already. */
  readonly holds: (machine: T) => boolean;
}

/**
 * How many machines of the same pool come before this one: those without a slot whose names sort first. Machines that come up
 * side by side so take the same slots in every run of a seed, whichever asks first. Asked while the pool is held.
 */
export async function turnOf<T extends KubeObject>(
  environment: Pick<ProviderEnvironment, 'client' | 'signal'>,
  request: TurnRequest<T>,
): Promise<number> {
  const { resource, asking, poolOf, holds } = request;
  const { namespace, name = '' } = asking.metadata;
  const { items } = await environment.client.list<T>(resource, { namespace, signal: environment.signal });
  return items.filter(
    (m) =>
      poolOf(m) === poolOf(asking) &&
      (m.metadata.name ?? '') < name &&
      m.metadata.deletionTimestamp === undefined &&
      !holds(m),
  ).length;
}
