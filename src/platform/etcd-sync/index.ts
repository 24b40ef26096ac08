/**
 * etcd-sync: keeps a standby's etcd like that of its primary, but for what each side's own `global` cluster owns. It runs on the
 * standby only, reads the primary and never writes there, and says by /check and /metrics how far it is.
 */
export { checkText, type CheckResult } from './check.ts';
export { CHECKPOINT_KEY, type EtcdSyncConfig, type PrimarySettings } from './config.ts';
export { GATE } from './gate.ts';
export type { CheckBody } from './monitor.ts';
export { REMOTE_CA, REMOTE_CLIENT } from './primary-access.ts';
export { clusterApiGroups, excludedNamespaces, sideBoundObjects, sideBoundResources } from './rules.ts';
export { ETCD_SYNC_LEASE, startEtcdSync, type RunningEtcdSync } from './start-etcd-sync.ts';
