import type { LabClusterOptions } from '../cluster/index.ts';

/** What a caller of `startCluster` decides; the data centre adds the rest. */
export type ClusterPlan = Omit<
  LabClusterOptions,
  | 'network'
  | 'services'
  | 'programs'
  | 'proxyUrl'
  | 'clock'
  | 'random'
  | 'log'
  | 'validators'
  | 'storage'
  | 'startControlPlane'
  | 'onStopped'
>;
