import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { ImageChange, PackageDiff } from '../../pack/index.ts';
import type { App, OutputFormat } from '../app.ts';
import { outputFlag } from '../options.ts';
import { formatBytes } from '../view/byte-size.ts';

/** `pack diff`: what a package brings that another one does not. */
export function registerPackDiff(pack: Command, app: App): void {
  pack
    .command('diff')
    .description('Show which images and charts differ between two packages, and how many bytes are new')
    .argument('<a>', 'the package that is there')
    .argument('<b>', 'the package to compare with it')
    .addOption(outputFlag())
    .addHelpText(
      'after',
      `
The exit code is 0 whether they differ or not.

Examples:
  globalctl pack diff cluster-api-provider-dcs.amd64.v1.0.16.tgz cluster-api-provider-dcs.amd64.v1.0.18.tgz`,
    )
    .action(async (a: string, b: string, flags: { output: OutputFormat }) => {
      const { diffPackages, readContents } = await import('../../pack/index.ts');
      const diff = diffPackages(await readContents(resolve(app.cwd, a)), await readContents(resolve(app.cwd, b)));
      app.print(flags.output === 'json' ? JSON.stringify(diff, null, 2) : diffText(diff));
    });
}

const marks = { added: '+', removed: '-', changed: '~' } as const;

function diffText({ changes, unchanged, ...totals }: PackageDiff): string {
  const count = (kind: ImageChange['change']): string => String(changes.filter(({ change }) => change === kind).length);
  return [
    ...changes.map(({ change, kind, name, from, to, newBytes }) => {
      const digests = [from, to].flatMap((digest) => digest?.slice(0, 19) ?? []).join(' to ');
      const size = change === 'removed' ? '' : `  ${formatBytes(newBytes)} new`;
      return `${marks[change]} ${kind.padEnd(5)}  ${name}  ${digests}${size}`;
    }),
    `${count('added')} added, ${count('removed')} removed, ${count('changed')} changed, ${String(unchanged)} the same; ` +
      `${formatBytes(totals.newBytes)} new in ${String(totals.newBlobs)} blobs, ${formatBytes(totals.goneBytes)} gone in ${String(totals.goneBlobs)}`,
  ].join('\n');
}
