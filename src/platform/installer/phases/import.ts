import { targetEtcdAccess } from '../etcd-access.ts';
import { importCluster } from '../import/import.ts';
import type { Phase } from '../phase.ts';

export const importPhase: Phase = {
  id: 'import',
  title: 'Import the Cluster API resources',
  run: async (context) => {
    const { config, source, signal, log } = context;
    const { client: target } = await context.target();
    const sourceStore = await config.connectSourceEtcd();
    try {
      const access = await targetEtcdAccess({ source, target, nowMs: config.clock.now(), signal });
      const targetStore = await config.connectTargetEtcd(access);
      try {
        const result = await importCluster({
          sourceClient: source,
          targetClient: target,
          sourceStore,
          targetStore,
          signal,
          log,
        });
        if (result.objects !== undefined) log(`${String(result.objects)} objects imported`);
      } finally {
        await targetStore.close();
      }
    } finally {
      await sourceStore.close();
    }
  },
};
