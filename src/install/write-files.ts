import { stat } from 'node:fs/promises';
import { createTwoFilesPatch } from 'diff';
import { isMissing, readTextIfPresent, writeFileAtomic } from '../base/index.ts';
import type { InstallContext } from './context.ts';
import type { Effects } from './effects.ts';
import { hideFormerSecrets } from './former-secrets.ts';
import type { RenderedFile } from './rendering.ts';
import type { PlannedChange } from './step.ts';

/** Writes a rendered file under the host root through the journal. Files that hold secrets are 0600. */
export async function writeRenderedFile(context: InstallContext, effects: Effects, file: RenderedFile): Promise<void> {
  await effects.perform({
    effect: `write ${file.path}`,
    inputs: file.content,
    observe: () => fileIsCurrent(context, file),
    run: () => writeFileAtomic(context.host.resolve(file.path), file.content, file.mode),
  });
}

export async function fileIsCurrent(context: InstallContext, file: RenderedFile): Promise<boolean> {
  const path = context.host.resolve(file.path);
  if ((await readTextIfPresent(path)) !== file.content) return false;
  try {
    return ((await stat(path)).mode & 0o777) === file.mode;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** The change that writing the file would be, with a diff whose secrets are redacted. */
export async function planFile(context: InstallContext, file: RenderedFile): Promise<readonly PlannedChange[]> {
  if (await fileIsCurrent(context, file)) return [];
  const path = context.host.resolve(file.path);
  const present = await readTextIfPresent(path);
  return [
    {
      action: 'write',
      subject: path,
      ...(present !== undefined && diffOf(context, file, present)),
    },
  ];
}

function diffOf(context: InstallContext, file: RenderedFile, present: string): { readonly diff?: string } {
  const path = context.host.resolve(file.path);
  const patch = createTwoFilesPatch(path, `${path} (rendered)`, present, file.content);
  if (!file.containsSecrets) return { diff: context.redactor.redact(patch) };
  const diff = hideFormerSecrets(patch, { present, wanted: file.content }, context.redactor);
  return diff === undefined ? {} : { diff };
}
