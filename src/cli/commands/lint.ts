import { Argument, type Command } from 'commander';
import type { App } from '../app.ts';
import type { LintFlags } from '../lint/flags.ts';
import { flag, kubeconfigFlag, verboseFlag, yesFlag } from '../options.ts';

const collect = (value: string, previous: readonly string[] = []): string[] => [...previous, value];

export function registerLint(program: Command, app: App): void {
  program
    .command('lint')
    .description('Find the mistakes in manifests that were written by hand')
    .addArgument(new Argument('[paths...]', 'files or folders of YAML and JSON; - is standard input'))
    .addOption(flag('-f, --filename <file>', 'site file that the manifest is for; alone, what it renders to is linted'))
    .addOption(
      flag('--provider <name>', 'provider of every manifest of the run; guessed from the kinds of each when not given'),
    )
    .addOption(
      flag('--cluster <name>', 'name of the Cluster that is meant to be global, when its name does not show it'),
    )
    .addOption(
      flag(
        '--crds <path>',
        'CRDs to validate against: a file, a folder or the archive of a chart; repeatable',
      ).argParser(collect),
    )
    .addOption(flag('--live', 'lint what a cluster has; with paths, compare them with it').default(false))
    .addOption(kubeconfigFlag())
    .addOption(flag('--context <name>', 'context of the kubeconfig'))
    .addOption(
      flag('--failover', 'say what a failover would take each object for, and which machines it would lose').default(
        false,
      ),
    )
    .addOption(flag('--rule <id>', 'only this rule; repeatable').argParser(collect))
    .addOption(flag('--skip <id>', 'not this rule; repeatable').argParser(collect))
    .addOption(
      flag('--severity <id=level>', 'severity of a rule: off, info, warning or error; repeatable').argParser(collect),
    )
    .addOption(flag('--strict', 'fail on warnings too').default(false))
    .addOption(flag('--fix', 'rewrite what is safe to rewrite, after showing it').default(false))
    .addOption(flag('--dry-run', 'with --fix: only show what would change').default(false))
    .addOption(yesFlag())
    .addOption(
      flag('-o, --output <format>', 'form of the answer on stdout')
        .choices(['text', 'json', 'sarif', 'github'])
        .default('text'),
    )
    .addOption(verboseFlag())
    .addHelpText(
      'after',
      `
Each Cluster of the input is judged by its own rules: the one that is meant to be global by those of the guide, every other one by
those that keep it apart. Several global clusters, such as both sides of disaster recovery, are judged each by itself. A comment
"# globalctl-ignore RULE reason" on a line, above it, or above an object leaves a finding out;
"globalctl explain RULE" says what a rule is about. Exit code 4 for errors, and for warnings with --strict.

Examples:
  globalctl lint new-global.yaml
  globalctl lint manifests/ -f site.yaml --crds chart.tgz
  kubectl kustomize . | globalctl lint -
  globalctl lint new-global.yaml --fix
  globalctl lint new-global.yaml --failover
  globalctl lint --live --kubeconfig alauda.kubeconfig
  globalctl lint manifests/ -o sarif > globalctl.sarif`,
    )
    .action(async (paths: string[], flags: LintFlags) => {
      const { lintCommand } = await import('../lint/index.ts');
      await lintCommand(app, paths, flags);
    });
}
