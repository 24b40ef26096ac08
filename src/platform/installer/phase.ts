import type { KubeClient } from '../../kube/index.ts';
import type { CompleteConfig } from './config.ts';
import type { InstallerRequest } from './request.ts';

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
  /** How far the phase is; shown in the progress only. */
  readonly advanced: (message: string) => void;
}

/** A stage of the installation. `run` is idempotent: after a restart, or an error, it is run again from its beginning. */
export interface Phase {
  readonly id: string;
  readonly title: string;
  readonly run: (context: PhaseContext) => Promise<void>;
}
