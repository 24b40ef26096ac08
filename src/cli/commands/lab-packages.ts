import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { App, OutputFormat } from '../app.ts';
import { flag, outputFlag, siteFlag } from '../options.ts';
import { openSite } from '../site-file.ts';

interface LabPackagesFlags {
  readonly filename: string;
  readonly directory: string;
  readonly crds?: string;
  readonly output: OutputFormat;
}

/** `lab packages`: the delivery that a rehearsal uses, as files to look at and to install by hand. */
export function registerLabPackages(lab: Command, app: App): void {
  lab
    .command('packages')
    .description('Write a sample Core Package and sample provider packages for a site')
    .addOption(siteFlag())
    .addOption(flag('-d, --directory <dir>', 'folder to write into').default('.'))
    .addOption(flag('--crds <dir>', "folder of CRDs to put into the charts in place of the lab's own"))
    .addOption(outputFlag())
    .addHelpText(
      'after',
      `
The Core Package sets up the lab's minialauda, so the guide's steps 2 and 3 can be followed by hand.

Examples:
  globalctl lab packages -f site.yaml -d /tmp/delivery
  mkdir -p /tmp/host/root/cpaas-install
  tar -xvf /tmp/delivery/core-package.tar -C /tmp/host/root/cpaas-install
  cd /tmp/host/root/cpaas-install/installer && sh setup.sh`,
    )
    .action(async (flags: LabPackagesFlags) => {
      const { loaded } = await openSite(app, flags.filename, app.redactor);
      const [{ buildSamplePackages }, { cacheFolder }] = await Promise.all([
        import('../rehearsal/sample-packages.ts'),
        import('../rehearsal/folders.ts'),
      ]);
      const paths = await buildSamplePackages(app, {
        loaded,
        crdsFolder: flags.crds,
        folder: resolve(app.cwd, flags.directory),
        cacheFolder: cacheFolder(app.env),
      });
      if (flags.output === 'json') app.print(JSON.stringify(paths, null, 2));
      else for (const path of [paths.core, paths.kubeadmProvider, paths.infrastructureProvider]) app.print(path);
    });
}
