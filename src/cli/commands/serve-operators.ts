import { resolve } from 'node:path';
import type { Command, Option } from 'commander';
import type { App } from '../app.ts';
import { flag } from '../options.ts';

interface OperatorFlags {
  readonly kubeconfig: string;
  readonly identity?: string;
  readonly proxy?: string;
}

export const clusterFlag = (): Option =>
  flag('--kubeconfig <file>', 'kubeconfig of the cluster that the service works on').makeOptionMandatory();

export const identityFlag = (): Option =>
  flag(
    '--identity <name>',
    'which replica this is, such as the name of its Pod: one that starts again goes on at once',
  );

export const proxyFlag = (): Option =>
  flag('--proxy <url>', 'HTTP proxy through which registries and other clusters are reached');

export function registerServeAppRelease(serve: Command, app: App): void {
  serve
    .command('apprelease')
    .description('Run the AppRelease operator, which installs charts from registries with Helm')
    .addOption(clusterFlag())
    .addOption(identityFlag())
    .addOption(proxyFlag())
    .addHelpText(
      'after',
      `
Of several that run, one works and the others stand by (Lease). Needs helm on PATH or in GLOBALCTL_HELM.

Examples:
  globalctl serve apprelease --kubeconfig /var/cpaas/data/alauda.kubeconfig`,
    )
    .action(async (flags: OperatorFlags) => {
      const [{ startAppReleaseOperator }, { findBinary }, { HttpKubeClient }, { readFile }] = await Promise.all([
        import('../../platform/apprelease/index.ts'),
        import('../../platform/helm/index.ts'),
        import('../../kube/index.ts'),
        import('node:fs/promises'),
      ]);
      const file = resolve(app.cwd, flags.kubeconfig);
      await using client = await HttpKubeClient.fromFile(file, { clock: app.clock });
      // Its lack would only show with the first release.
      await findBinary('helm', { env: app.env, signal: app.signal });
      await startAppReleaseOperator({
        client,
        kubeconfigText: await readFile(file, 'utf8'),
        // The platform's registries stand on certificates of their own.
        registry: { insecure: true, proxyUrl: flags.proxy },
        clock: app.clock,
        lease: { identity: flags.identity },
        signal: app.signal,
        log: (line) => app.note(line),
        onReady: () => app.print('the AppRelease operator is ready'),
      });
    });
}

export function registerServeModules(serve: Command, app: App): void {
  serve
    .command('modules')
    .description('Run the module controller, which turns ModuleInfos into AppReleases; one a cluster')
    .addOption(clusterFlag())
    .addHelpText(
      'after',
      `
Examples:
  globalctl serve modules --kubeconfig global.kubeconfig`,
    )
    .action(async (flags: OperatorFlags) => {
      const [{ runModuleController }, { HttpKubeClient }] = await Promise.all([
        import('../../platform/modules/index.ts'),
        import('../../kube/index.ts'),
      ]);
      await using client = await HttpKubeClient.fromFile(resolve(app.cwd, flags.kubeconfig), { clock: app.clock });
      await runModuleController({
        client,
        clock: app.clock,
        signal: app.signal,
        log: (line) => app.note(line),
        onSynced: () => app.print('the module controller is ready'),
      });
    });
}
