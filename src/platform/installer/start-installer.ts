import { completeConfig, type InstallerConfig } from './config.ts';
import { installationPhases } from './phases/index.ts';
import type { Phase } from './phase.ts';
import { createServer } from './server.ts';
import { InstallerService } from './service.ts';

export interface RunningInstaller {
  /** `http://host:port` */
  readonly url: string;
  readonly port: number;
  /** Stops the work at a safe place and frees the port; another start goes on from there. */
  close(): Promise<void>;
}

/**
 * Starts the installer: goes on with a request that the cluster remembers, and serves the REST API over plain HTTP, as the
 * guide has it on the KIND network. Resolves when it listens. Stops when the config's signal aborts.
 */
export async function startInstaller(
  config: InstallerConfig,
  phases: readonly Phase[] = installationPhases,
): Promise<RunningInstaller> {
  const complete = completeConfig(config);
  const service = new InstallerService(complete, phases);
  await service.resume();
  const server = await createServer(service);
  const url = await server.listen({ host: config.listen?.host ?? '127.0.0.1', port: config.listen?.port ?? 0 });
  const close = async (): Promise<void> => {
    await service.close();
    await server.close();
  };
  config.signal.addEventListener('abort', () => void close(), { once: true });
  const { port } = new URL(url);
  return { url, port: Number(port), close };
}
