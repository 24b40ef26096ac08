import { join } from 'node:path';
import { GlobalctlError, isGlobalctlError } from '../base/index.ts';
import { chartTag, RegistryClient } from '../pack/index.ts';
import type { InstallContext } from './context.ts';
import { runDurably } from './durable-process.ts';
import type { EffectRecorder } from './effects.ts';
import { findForeignPackage } from './package-architecture.ts';

/** A provider package, and the chart that is at the registry when it was pushed. */
export interface ProviderPack {
  readonly name: string;
  readonly path: string;
  readonly chart: string;
  readonly version: string;
}

/**
 * Guide step 3: `packtool pack push -r REGISTRY -c PACK`, with the packtool of the Core Package. Only that is sure to understand the
 * vendor's packages, whatever their form; its output becomes events, and its failure is this one's. Throws PACKAGE_ARCHITECTURE
 * before anything is pushed, PACKAGE_PUSH_FAILED, COMMAND_NOT_FOUND or CANCELLED.
 */
export async function pushPack(
  context: InstallContext,
  pack: ProviderPack,
  { recorder, signal }: { readonly recorder: EffectRecorder; readonly signal: AbortSignal },
): Promise<void> {
  const fault = await findForeignPackage(pack.path);
  if (fault) throw fault;
  if ((await runPacktool(context, pack, { recorder, signal })) === 'finished') return;
  // How the push of the interrupted run ended is not known.
  if (await chartIsPushed(context, pack, signal)) return;
  context.events.log('warn', `the interrupted push of ${pack.name} did not come to its end; pushing again`);
  const again: EffectRecorder = {
    processStarted: (...process) => recorder.processStarted(...process),
    earlierProcess: undefined,
  };
  await runPacktool(context, pack, { recorder: again, signal });
}

async function runPacktool(
  context: InstallContext,
  pack: ProviderPack,
  { recorder, signal }: { readonly recorder: EffectRecorder; readonly signal: AbortSignal },
): Promise<'finished' | 'adopted'> {
  const { access, bootstrap } = context.loaded.site;
  const { proxy } = access;
  try {
    return await runDurably({
      program: context.host.packtool,
      args: ['pack', 'push', '-r', bootstrap.registry.localAddress, '-c', pack.path],
      cwd: context.host.setupFolder,
      env: proxy === undefined ? {} : { GLOBALCTL_PROXY: proxy, HTTPS_PROXY: proxy, HTTP_PROXY: proxy },
      logFile: join(context.stateFolder, `logs/push-${pack.name}.log`),
      step: 'providers',
      recorder,
      events: context.events,
      clock: context.clock,
      signal,
    });
  } catch (error) {
    if (!isGlobalctlError(error, 'COMMAND_FAILED')) throw error;
    // Whatever the reason, it is a package that did not get into a registry: the class of failure of `pack push`.
    const { found, hint } = error.details;
    throw new GlobalctlError('PACKAGE_PUSH_FAILED', {
      message: `packtool did not push ${pack.path}: ${error.message}`,
      subject: pack.path,
      found,
      hint,
      cause: error,
    });
  }
}

/** Whether the registry has the chart of a package under the version's tag. */
export async function chartIsPushed(
  context: InstallContext,
  pack: Pick<ProviderPack, 'chart' | 'version'>,
  signal: AbortSignal,
): Promise<boolean> {
  const registry = new RegistryClient({
    address: context.loaded.site.bootstrap.registry.localAddress,
    proxyUrl: context.loaded.site.access.proxy,
  });
  try {
    return (await registry.findManifest(pack.chart, chartTag(pack.version), signal)) !== undefined;
  } catch (error) {
    // Asking is a convenience; the push itself reports what is wrong with the registry.
    const reason = error instanceof Error ? error.message : String(error);
    context.events.log('debug', `cannot ask the registry for ${pack.chart}: ${reason}`);
    return false;
  } finally {
    await registry.close();
  }
}
