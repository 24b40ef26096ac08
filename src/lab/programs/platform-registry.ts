import { join } from 'node:path';
import { startRegistry } from '../registry/index.ts';
import type { Program } from '../program.ts';
import { serviceKey } from '../services.ts';

/** Folder in which programs keep what outlives their Pods: one folder for each cluster. */
export const volumesService = serviceKey<string>('volumes');

const PORT = 11443;

/**
 * The platform's own registry in the new cluster. All replicas of a cluster serve one folder, as they would one shared
 * volume. Asks for the login in REGISTRY_USERNAME and REGISTRY_PASSWORD where both are given.
 */
export const platformRegistry: Program = {
  image: 'ait/registry',
  run: async (context) => {
    const { REGISTRY_USERNAME: username = '', REGISTRY_PASSWORD: password = '' } = context.container.env;
    const registry = await startRegistry({
      folder: join(context.services.get(volumesService), context.clusterName, 'registry'),
      ...(username !== '' && password !== '' && { login: { username, password } }),
      log: (line) => context.log(line),
    });
    try {
      context.listen(PORT, registry.port);
      context.log(`listening on ${context.podIP}:${String(PORT)}`);
      context.markReady();
      await new Promise<void>((resolve) => {
        if (context.signal.aborted) resolve();
        context.signal.addEventListener('abort', () => resolve(), { once: true });
      });
    } finally {
      await registry.close();
    }
  },
};
