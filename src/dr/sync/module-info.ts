import type { KubeObject } from '../../kube/index.ts';

export const MODULE_NAME = 'global-etcd-sync';

/** The ModuleInfo that installs the synchronizer, in the guide's own words (disaster-recovery §5). It has no namespace. */
export function etcdSyncModule(options: {
  readonly version: string;
  /** VIP of the active side. */
  readonly activeVIP: string;
  /** Token of the active side's k8sadmin, kept in base64. */
  readonly activeTokenBase64: string;
}): KubeObject {
  return {
    apiVersion: 'cluster.alauda.io/v1alpha1',
    kind: 'ModuleInfo',
    metadata: {
      name: MODULE_NAME,
      labels: {
        'cpaas.io/cluster-name': 'global',
        'cpaas.io/module-name': 'etcd-sync',
        'cpaas.io/module-type': 'plugin',
      },
    },
    spec: {
      version: options.version,
      config: {
        monitor_check_interval: 1,
        detail: false,
        active_cluster_vip: options.activeVIP,
        active_cluster_token: options.activeTokenBase64,
      },
    },
  };
}
