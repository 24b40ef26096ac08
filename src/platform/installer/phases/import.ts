import { join } from 'node:path';
import { isGlobalctlError } from '../../../base/index.ts';
import { verifyBackup, writeBackup } from '../../backup/index.ts';
import { targetEtcdAccess } from '../etcd-access.ts';
import { importCluster, type EtcdPair } from '../import/import.ts';
import type { Phase, PhaseContext } from '../phase.ts';

export const importPhase: Phase = {
  id: 'import',
  title: 'Import the Cluster API resources',
  weight: 10,
  run: async (context) => {
    const { source, signal, log } = context;
    const { client: target } = await context.target();
    const { objects } = await importCluster({
      source,
      target,
      connectEtcds: () => connectEtcds(context),
      ensureBackup: (known) => ensureBackup(context, known),
      signal,
      log,
      onProgress: (fraction) => context.advanced(undefined, fraction),
    });
    if (objects !== undefined) log(`${String(objects)} objects imported`);
  },
};

async function connectEtcds(context: PhaseContext): Promise<EtcdPair> {
  const { config, signal } = context;
  const { client } = await context.target();
  const source = await config.connectSourceEtcd();
  try {
    const nowMs = config.clock.now();
    const access = await targetEtcdAccess({ source: context.source, target: client, nowMs, signal });
    const target = await config.connectTargetEtcd(access);
    const close = async (): Promise<void> => void (await Promise.all([source.close(), target.close()]));
    return { source, target, [Symbol.asyncDispose]: close };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** One archive an import: later attempts keep the first one, which shows the cluster before anything was touched. */
async function ensureBackup({ config, source, signal, log }: PhaseContext, known: string | undefined): Promise<string> {
  if (known !== undefined) {
    try {
      await verifyBackup(known);
      return known;
    } catch (error) {
      if (!isGlobalctlError(error, 'FILE_UNREADABLE') && !isGlobalctlError(error, 'BACKUP_INVALID')) throw error;
      log(`the backup ${known} is gone or not whole: writing another one`);
    }
  }
  const nowMs = config.clock.now();
  const time = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const path = join(config.backupFolder, `backup-before-import-${time}.tar.gz`);
  const { objects } = await writeBackup({ client: source, path, nowMs, signal });
  log(`backup of ${String(objects.length)} objects, Secrets included: ${path} (mode 0600)`);
  return path;
}
