/**
 * The embedded installer: steps 7 to 9 of the guide as a service. One request moves the Cluster API objects into the new
 * cluster, sets up its registry and base operator, and installs providers and products; state survives restarts.
 */
export { ACCESS_SECRET, type Access } from './access.ts';
export { patience, type AccessWish, type InstallerConfig, type LeaseWish, type RegistryLogin } from './config.ts';
export { goBack } from './import/go-back.ts';
export { importCluster, type EtcdPair, type ImportOptions, type ImportResult } from './import/import.ts';
export { BACKUP_ANNOTATION, METHOD_ANNOTATION, STATE_ANNOTATION } from './import/handover.ts';
export { payloadCharts, payloadImages, productChart } from './payload.ts';
export type { ProgressBody } from './progress.ts';
export { startInstaller, type RunningInstaller } from './start-installer.ts';
