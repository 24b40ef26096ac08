// The operator that installs charts from a registry as AppRelease objects ask for it. The same code runs as a process, as a
// Pod or inside the lab; it needs a client, a kubeconfig for Helm and nothing else.
export { FINALIZER } from './finalizer.ts';
export { startAppReleaseOperator, type AppReleaseOperatorOptions, type LeaseSettings } from './operator.ts';
export { recoverRelease } from './recover-release.ts';
export { readReleaseHistory } from './release-record.ts';
export { chartStatuses, type ChartPhase, type ChartStatus } from './status.ts';
