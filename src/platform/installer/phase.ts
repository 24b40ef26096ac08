import type { KubeClient } from '../../kube/index.ts';
import type { CompleteConfig } from './config.ts';
import type { InstallerRequest } from './request.ts';
import type { PhaseRecord } from './state/index.ts';

/** What a phase works with. */
export interface PhaseContext {
  readonly config: CompleteConfig;
  readonly request: InstallerRequest;
  /** The cluster that the installer runs in. */
  readonly source: KubeClient;
  /** The new cluster and its kubeconfig. Throws INSTALLER_NOT_READY before there is one. */
  readonly target: () => Promise<{ readonly client: KubeClient; readonly kubeconfig: string }>;
  readonly signal: AbortSignal;
  /** A line of installer.log. */
  readonly log: (message: string) => void;
  /** What the phase waits for; logged when it changes, shown in the progress. */
  readonly waiting: (message: string) => void;
  /**
   * What the phase waits for has failed and may recover: a fault of somebody else, who tries again. Logged as a warning; a phase
   * that stays blocked is shown as stalled. The next `waiting` says that it goes on.
   */
  readonly blocked: (message: string) => void;
  /** How far the phase is, in words and as `fraction` of itself; shown in the progress only. */
  readonly advanced: (message: string | undefined, fraction?: number) => void;
}

/** A stage of the installation. `run` is idempotent: after a restart, or an error, it is run again from its beginning. */
export interface Phase {
  readonly id: string;
  readonly title: string;
  /** Its share of the whole, for the percentage; 1 when absent. */
  readonly weight?: number | undefined;
  readonly run: (context: PhaseContext) => Promise<void>;
}

/** The record of a phase that has not begun. */
export function pendingRecord({ id, title, weight = 1 }: Phase): PhaseRecord {
  return { id, title, weight, state: 'Pending', attempts: 0, percentage: 0 };
}
