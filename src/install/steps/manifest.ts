import type { InstallContext } from '../context.ts';
import type { Step } from '../step.ts';
import { fileIsCurrent, planFile, writeRenderedFile } from '../write-files.ts';

/** Guide step 4: the manifest rendered, checked by every rule, and written under the guide's name. */
export const manifestStep: Step<InstallContext> = {
  id: 'manifest',
  title: 'Render and check the manifest',
  timeoutMs: 5 * 60_000,
  inputs: async (context) => (await context.rendering.manifest()).file.content,
  probe: async (context) => {
    const { file, objects } = await context.rendering.manifest();
    return (await fileIsCurrent(context, file))
      ? { state: 'done', reason: `${String(objects.length)} objects stand in ${context.host.resolve(file.path)}` }
      : { state: 'absent', reason: `${context.host.resolve(file.path)} is not what the site renders to` };
  },
  plan: async (context) => planFile(context, (await context.rendering.manifest()).file),
  act: async (context, { effects }) => {
    await context.rendering.refuseErrors();
    const notes = await context.rendering.notes();
    for (const note of notes) context.events.log('debug', `${note.topic}: ${note.text}`);
    if (notes.length > 0)
      context.events.log(
        'info',
        `${String(notes.length)} decisions of the rendering; globalctl render -v explains them`,
      );
    for (const file of [...(await context.rendering.furtherFiles()), (await context.rendering.manifest()).file])
      await writeRenderedFile(context, effects, file);
  },
};
