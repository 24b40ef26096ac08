import { GlobalctlError, toGlobalctlError } from '../../base/index.ts';
import type { InstallContext } from '../context.ts';
import { hashInputs } from '../effects.ts';
import { isComplete, type Progress } from '../installer-api.ts';
import type { Step } from '../step.ts';
import { planFile, writeRenderedFile } from '../write-files.ts';

/** Guide step 8: the installer found through its Pod, and the request submitted. */
export const installerStep: Step<InstallContext> = {
  id: 'installer',
  title: 'Submit the installer request',
  timeoutMs: 10 * 60_000,
  changeIsIgnored: 'the installer keeps the request that it has; the changed one is not submitted',
  inputs: async (context) => hashInputs((await context.rendering.installerRequest()).body),
  probe: async (context) => {
    const client = await context.clusters.bootstrapIfUp(context.signal);
    if (!client) return { state: 'absent', reason: 'the API of minialauda does not answer' };
    try {
      const progress = await (await context.clusters.installer(context.signal)).progress(context.signal);
      return isAccepted(progress)
        ? { state: 'done', reason: `the installer works on a request: ${describeProgress(progress)}` }
        : { state: 'absent', reason: 'the installer has no request' };
    } catch (thrown) {
      const error = toGlobalctlError(thrown);
      if (error.code === 'CANCELLED') throw error;
      return { state: 'absent', reason: error.message };
    }
  },
  plan: async (context) => {
    const { file } = await context.rendering.installerRequest();
    return [...(await planFile(context, file)), { action: 'run', subject: 'POST /cpaas-installer/api/config/dcs' }];
  },
  act: async (context, { effects, signal }) => {
    const { file, body } = await context.rendering.installerRequest();
    await writeRenderedFile(context, effects, file);
    const installer = await context.clusters.installer(signal);
    await effects.perform({
      effect: 'submit the installer request',
      inputs: hashInputs(body),
      observe: async () => isAccepted(await installer.progress(signal)),
      run: async () => {
        if ((await installer.submit(body, signal)) === 'conflict' && !isAccepted(await installer.progress(signal)))
          throw new GlobalctlError('INSTALLER_FAILED', {
            message: 'the installer says that it works on another request, and shows none',
            subject: installer.baseUrl,
          });
      },
    });
  },
};

/** Whether the installer has taken a request: it then names a stage, or is complete. */
function isAccepted(progress: Progress): boolean {
  return isComplete(progress) || (progress.type !== '' && progress.type !== 'Idle' && progress.status !== 'Idle');
}

export function describeProgress(progress: Progress): string {
  return [
    `status ${progress.status || 'not set'}`,
    `type ${progress.type || 'not set'}`,
    progress.step,
    progress.percent === undefined ? undefined : `${String(progress.percent)}%`,
    progress.lastError === undefined ? undefined : `last error: ${progress.lastError}`,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}
