import type { Clock, EventStream, Redactor } from '../../base/index.ts';
import type { DomainSwitch } from '../domain.ts';
import type { Pair, SideName } from '../pair.ts';

/** What every workflow over a pair is given. */
export interface PairRun {
  readonly pair: Pair;
  /**
   * Kubeconfigs of the new clusters, for sides that were installed from another host. A side without one has that which its
   * installation on this host wrote.
   */
  readonly kubeconfigs?: Partial<Record<SideName, string>> | undefined;
  /** How the platform domain is led to a side; `dr.domainHook` of the site when absent, else by hand. */
  readonly domain?: DomainSwitch | undefined;
  /** Folder of the journals and logs of the pair. */
  readonly stateFolder: string;
  readonly clock: Clock;
  readonly events: EventStream;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
  readonly version: string;
  readonly runId: string;
  /** Limit for each wait; each step's own when absent. */
  readonly timeoutMs?: number | undefined;
}
