import { describeObject } from '../../kube/index.ts';
import type { InstallContext } from '../context.ts';
import { applyObject, compareLive } from '../live-objects.ts';
import { planObjects } from '../plan-objects.ts';
import type { Step } from '../step.ts';
import { fileIsCurrent, planFile, writeRenderedFile } from '../write-files.ts';

/** Guide step 7: the ConfigMap that tells the installer which further resources to import; before the request. */
export const importStep: Step<InstallContext> = {
  id: 'import',
  title: 'Create the import ConfigMap',
  timeoutMs: 5 * 60_000,
  inputs: async (context) => (await context.rendering.importConfigMap())?.object,
  probe: async (context) => {
    const wanted = await context.rendering.importConfigMap();
    if (!wanted)
      return {
        state: 'done',
        reason: `${context.provider.title} needs none: the installer imports its resources by itself`,
      };
    if (!(await fileIsCurrent(context, wanted.file)))
      return { state: 'absent', reason: `${wanted.file.path} is not written` };
    const client = await context.clusters.bootstrapIfUp(context.signal);
    if (!client) return { state: 'absent', reason: 'the API of minialauda does not answer' };
    const { state } = await compareLive(client, wanted.object, context.signal);
    if (state === 'same') return { state: 'done', reason: `${describeObject(wanted.object)} stands as rendered` };
    return { state: state === 'absent' ? 'absent' : 'partial', reason: `${describeObject(wanted.object)} is ${state}` };
  },
  plan: async (context) => {
    const wanted = await context.rendering.importConfigMap();
    if (!wanted) return [];
    const client = await context.clusters.bootstrapIfUp(context.signal);
    return [...(await planFile(context, wanted.file)), ...(await planObjects(context, client, [wanted.object]))];
  },
  act: async (context, { effects, signal }) => {
    const wanted = await context.rendering.importConfigMap();
    if (!wanted) return;
    const client = await context.clusters.bootstrap();
    await writeRenderedFile(context, effects, wanted.file);
    await effects.perform({
      effect: `apply ${describeObject(wanted.object)}`,
      inputs: wanted.object,
      observe: async () => (await compareLive(client, wanted.object, signal)).state === 'same',
      run: async () => {
        await applyObject(client, wanted.object, signal);
      },
    });
  },
};
