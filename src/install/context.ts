import type { Clock, EventStream, Redactor } from '../base/index.ts';
import type { SupportedProvider } from '../providers/index.ts';
import type { LoadedSite } from '../site/index.ts';
import type { ClusterConnections } from './clusters.ts';
import type { HostPaths } from './host-paths.ts';
import type { Rendering } from './rendering.ts';

/** What every step of an installation knows. Addresses, files and kubeconfigs only: what stands behind them is not its concern. */
export interface InstallContext {
  readonly loaded: LoadedSite;
  readonly provider: SupportedProvider;
  readonly host: HostPaths;
  /** Folder of the journal, logs and kubeconfigs of this installation. */
  readonly stateFolder: string;
  readonly clusters: ClusterConnections;
  readonly rendering: Rendering;
  readonly clock: Clock;
  readonly events: EventStream;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
}
