import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { writeFileAtomic } from '../../base/index.ts';
import type { RenderedSite } from '../../manifests/index.ts';
import type { App, OutputFormat } from '../app.ts';
import { flag, outputFlag, siteFlag, verboseFlag } from '../options.ts';
import { openSite } from '../site-file.ts';
import { formatMergeReport } from '../view/merge-report.ts';

interface RenderFlags {
  readonly filename: string;
  readonly directory: string;
  readonly output: OutputFormat;
  readonly force: boolean;
  readonly verbose: boolean;
}

export function registerRender(program: Command, app: App): void {
  program
    .command('render')
    .description('Write every file that the guide has people write by hand')
    .addOption(siteFlag())
    .addOption(flag('-d, --directory <dir>', 'folder that the paths of the guide hang under').default('rendered'))
    .addOption(flag('--force', 'write although the checks find errors').default(false))
    .addOption(outputFlag())
    .addOption(verboseFlag())
    .addHelpText(
      'after',
      `
Writes AppReleases, cluster manifest, import ConfigMap, installer request and, with a dr block, the encryption file, under
the guide's names: DIR/root/yamls/new-global.yaml and so on. Files that hold secrets get mode 0600 and are said to. With
manifest.base the report tells what was changed in the operator's manifest and, with -v, everything that was kept.

Examples:
  globalctl render -f site.yaml -d rendered
  globalctl render -f site.yaml -d / -o json`,
    )
    .action((flags: RenderFlags) => render(app, flags));
}

async function render(app: App, flags: RenderFlags): Promise<void> {
  const { redactor } = app;
  const { loaded } = await openSite(app, flags.filename, redactor);
  const [{ renderSite }, { lintSite, refuseManifest, reportText }] = await Promise.all([
    import('../../manifests/index.ts'),
    import('../../lint/index.ts'),
  ]);
  const { findings } = await lintSite(loaded);
  if (!flags.force) refuseManifest(findings, flags.filename);
  if (findings.length > 0) app.note(redactor.redact(reportText(findings)));
  const rendered = await renderSite(loaded);
  const folder = resolve(app.cwd, flags.directory);
  for (const { path, content, mode } of rendered.files) await writeFileAtomic(join(folder, path), content, mode);
  const answer = flags.output === 'json' ? toJson(folder, rendered) : toText(folder, rendered, flags.verbose);
  app.print(redactor.redact(answer));
}

function toJson(folder: string, rendered: RenderedSite): string {
  const files = rendered.files.map(({ path, mode, containsSecrets, step, content }) => ({
    path: join(folder, path),
    mode: mode.toString(8).padStart(4, '0'),
    containsSecrets,
    step,
    sizeBytes: Buffer.byteLength(content),
  }));
  return JSON.stringify({ files, mergeReport: rendered.mergeReport, notes: rendered.notes }, null, 2);
}

function toText(folder: string, rendered: RenderedSite, verbose: boolean): string {
  const lines = rendered.files.map(
    ({ path, containsSecrets, step }) =>
      `${join(folder, path)}  (step ${step}${containsSecrets ? '; contains secrets, mode 0600' : ''})`,
  );
  const report = formatMergeReport(rendered.mergeReport, verbose);
  const notes = rendered.notes.map(({ topic, text }) => `  ${topic}: ${text}`);
  return [
    ...lines,
    ...(report.length > 0 ? ['', ...report] : []),
    ...(notes.length > 0 ? ['', 'Notes:', ...notes] : []),
  ].join('\n');
}
