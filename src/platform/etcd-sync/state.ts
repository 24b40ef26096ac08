import { Progress } from '../../etcd/index.ts';
import type { Clock, GlobalctlError } from '../../base/index.ts';
import type { SecretsVerdict } from './canary.ts';
import type { CheckResult } from './check.ts';

/** What one replica knows of itself, for its monitor. */
export class SyncState {
  readonly progress: Progress;
  leads = false;
  /** Who holds the Lease, as far as this replica has seen. */
  leader: string | undefined;
  secrets: SecretsVerdict = { state: 'absent' };
  lastCheck: CheckResult | undefined;
  /** What ended the work of this replica last; gone when it works again. */
  failure: GlobalctlError | undefined;
  expiresMs: number | undefined;

  constructor(clock: Clock) {
    this.progress = new Progress(clock);
  }
}
