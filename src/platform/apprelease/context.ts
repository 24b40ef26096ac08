import type { Clock } from '../../base/index.ts';
import type { KubeClient } from '../../kube/index.ts';
import type { RegistryAccess } from '../../pack/index.ts';
import type { Helm } from '../helm/index.ts';

/** The name under which the operator writes, records events and holds its Lease. */
export const OPERATOR_NAME = 'apprelease-operator';

/** What every part of the operator works with. */
export interface OperatorContext {
  readonly client: KubeClient;
  readonly helm: Helm;
  /** How registries are reached; address and login come from each AppRelease. */
  readonly registry: Pick<RegistryAccess, 'scheme' | 'caPem' | 'insecure' | 'proxyUrl'>;
  readonly clock: Clock;
  /** Aborts when the operator stops or loses its Lease. */
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}
