import type { FixedFile } from './fix-sources.ts';

/** The changes of a file as a unified diff; values of Secrets are covered on both sides. The library is loaded only now. */
export async function diffOf({ before, after }: FixedFile): Promise<string> {
  const { createTwoFilesPatch } = await import('diff');
  const patch = createTwoFilesPatch(
    `a/${before.file}`,
    `b/${before.file}`,
    `${before.maskedLines().join('\n')}`,
    `${after.maskedLines().join('\n')}`,
    undefined,
    undefined,
    { context: 3 },
  );
  return patch.replace(/^=+\n/, '').trimEnd();
}
