/**
 * Backups of what a cluster says about itself: custom resources with their definitions, Secrets and ConfigMaps of the platform's
 * namespace, with uid, status and owners, in one archive whose every object has its sha256; and putting them back.
 */
export { writeBackup, type WriteBackupOptions } from './write-backup.ts';
export { readBackup, verifyBackup, type Backup } from './read-backup.ts';
export { objectsToBackUp } from './objects.ts';
export type { BackupManifest, BackupEntry } from './manifest.ts';
export { planRestore, type RestoreItem, type RestorePlan } from './plan-restore.ts';
export { applyRestore } from './apply-restore.ts';
export { isSealed } from './seal.ts';
