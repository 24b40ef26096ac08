import { exitCodes } from '../../base/index.ts';
import {
  counted,
  countFindings,
  failoverReport,
  failoverText,
  FixPlanner,
  objectsOf,
  plainFinding,
  reportGithub,
  reportJson,
  reportSarif,
  reportText,
  sayCounts,
  type InstallationViews,
  type LintFinding,
  type LintResult,
  type SarifEdit,
  type ScopedView,
  type SourceFile,
} from '../../lint/index.ts';
import type { App } from '../app.ts';
import { version } from '../version.ts';
import type { LiveGap } from './live.ts';
import { sayGaps } from './say-gaps.ts';

export type LintOutput = 'text' | 'json' | 'sarif' | 'github';

export interface Printed {
  readonly result: LintResult;
  readonly skipped: readonly SourceFile[];
  /** What of a cluster was not read. */
  readonly gaps?: readonly LiveGap[];
  readonly flags: { readonly output: LintOutput; readonly verbose: boolean };
  /** Where the answer goes; stdout when not given. */
  readonly print?: (line: string) => void;
}

/** Prints the answer on stdout in the form that was asked for; what explains it goes to stderr. */
export function printResult(app: App, { result, skipped, gaps = [], flags, print }: Printed): void {
  const say =
    print ??
    ((line: string): void => {
      app.print(line);
    });
  const { findings, ignored, installations, limited } = result;
  const { redactor } = app;
  if (flags.output === 'json') {
    const answer = {
      clusters: installations.flatMap(({ name, views }) =>
        clustersOf(views).map((view) => ({ installation: name, ...clusterOf(view) })),
      ),
      ...reportJson(findings),
      ignored: ignored.map(({ finding, reason }) => ({ ...plainFinding(finding), reason })),
      skipped: skipped.map(({ text, skipped: what }) => ({ file: text.file, what })),
      ...(gaps.length > 0 && { notRead: gaps, notChecked: limited }),
    };
    say(redactor.redact(JSON.stringify(answer, undefined, 2)));
  } else if (flags.output === 'sarif') {
    say(
      redactor.redact(
        JSON.stringify(reportSarif({ findings, ignored, version, editsOf: editsOf(installations) }), undefined, 2),
      ),
    );
  } else if (flags.output === 'github') {
    if (findings.length > 0) say(redactor.redact(reportGithub(findings)));
  } else {
    const color = app.stdout.isTTY === true && app.env['NO_COLOR'] === undefined;
    if (findings.length > 0) say(`${redactor.redact(reportText(findings, color))}\n`);
    for (const line of [...explain(result), ...nothingLooked(result, skipped)]) app.note(line);
    say(summary(result));
  }
  sayGaps(app, gaps, limited);
  if (flags.verbose)
    for (const { text, skipped: what } of skipped)
      app.note(`${text.file}: skipped, it is ${what ?? 'another kind of file'}`);
}

/** What --fix would change for a finding, by lines and columns. */
function editsOf(installations: readonly InstallationViews[]): (finding: LintFinding) => SarifEdit[] {
  const planner = new FixPlanner(installations.map(objectsOf));
  return (finding) =>
    [...(planner.plan(finding)?.edits ?? [])].flatMap(([text, edits]) =>
      edits.map(({ start, end, text: inserted }) => ({
        file: text.file,
        start: text.placeAt(start),
        end: text.placeAt(end),
        text: inserted,
      })),
    );
}

/**
 * The table of a failover, or its JSON; one for each installation where there are several. An object that a failover takes for what
 * it is not makes the exit code that of a manifest.
 */
export function printFailover(
  app: App,
  { installations }: LintResult,
  { output }: { readonly output: LintOutput },
): void {
  const reports = installations.map(({ name, views }) => ({ installation: name, ...failoverReport(views) }));
  const [only, ...others] = reports;
  const safe = reports.every((report) => report.safe);
  if (output === 'json') {
    const answer = only && others.length === 0 ? only : { safe, installations: reports };
    app.print(JSON.stringify(answer, undefined, 2));
  } else if (others.length === 0) app.print(failoverText(only ?? failoverReport([])));
  else app.print(reports.map((report) => `${report.installation}:\n\n${failoverText(report)}`).join('\n\n\n'));
  app.exitCode = safe ? exitCodes.ok : exitCodes.manifest;
}

function clustersOf(views: readonly ScopedView[]): ScopedView[] {
  return views.filter(({ scope }) => scope.role !== 'none');
}

function clusterOf({ scope, provider, objects }: ScopedView): Record<string, unknown> {
  const { role, name, root, because } = scope;
  return {
    role,
    name,
    namespace: root?.object.metadata.namespace,
    provider: provider?.id,
    because,
    objects: objects.length,
  };
}

/** What a person should know about how the input was read. */
function explain({ installations }: LintResult): string[] {
  return installations.flatMap(({ name, views }) => {
    const clusters = clustersOf(views);
    const where = installations.length > 1 ? `${name}: ` : '';
    const lines = clusters
      .filter(({ scope, provider }) => !provider && scope.complete)
      .map(
        ({ scope }) =>
          `info: ${where}nothing shows the provider of ${scope.name ?? 'the installation'}, so only the rules of every provider hold; --provider names it`,
      );
    const machines = clusters.some(({ scope }) => scope.root);
    if (machines && !clusters.some(({ scope }) => scope.role === 'global'))
      lines.push(
        `info: ${where}no cluster shows that it is meant to be global, so the rules of workload clusters hold; --cluster names the one that is`,
      );
    if (where !== '' && views.some(({ live }) => live))
      lines.push(`info: ${where}this is what the cluster is compared with`);
    if (where !== '' && clusters.some(({ site }) => site))
      lines.push(`info: ${where}this is what the site file is held to`);
    return lines;
  });
}

/** That nothing was found in nothing is no good news. */
function nothingLooked({ findings, installations }: LintResult, skipped: readonly SourceFile[]): string[] {
  if (findings.length > 0 || installations.some(({ views }) => views.length > 0)) return [];
  const why =
    skipped.length > 0 ? `; ${counted(skipped.length, 'file')} of other programs were left alone, -v names them` : '';
  return [`warning: there is no object of Kubernetes in the input${why}`];
}

function summary({ findings, ignored, installations }: LintResult): string {
  const looked = new Set(installations.flatMap(({ views }) => views.flatMap(({ objects }) => objects))).size;
  const told = installations
    .map(({ name, views }) => ({ name, clusters: clustersOf(views).map(clusterText) }))
    .filter(({ clusters }) => clusters.length > 0);
  const [only, ...others] = told;
  const what =
    others.length === 0
      ? [counted(looked, 'object'), ...(only?.clusters ?? [])].join('; ')
      : [
          `${counted(looked, 'object')} of ${counted(told.length, 'installation')}:`,
          ...told.map(({ name, clusters }) => `  ${name}: ${clusters.join('; ')}`),
        ].join('\n');
  const fixable = findings.filter(({ fixes }) => fixes !== undefined && fixes.length > 0).length;
  const more = [
    ...(fixable > 0 ? [`${String(fixable)} can be fixed with --fix`] : []),
    ...(ignored.length > 0 ? [`${String(ignored.length)} ignored by comments`] : []),
  ];
  return `${sayCounts(countFindings(findings))}${more.length > 0 ? ` (${more.join(', ')})` : ''} in ${what}`;
}

function clusterText({ scope, provider }: ScopedView): string {
  const kind = scope.role === 'global' ? 'global' : 'workload cluster';
  const name = scope.name === undefined || scope.name === 'global' ? '' : ` ${scope.name}`;
  return `${kind}${name} (${provider?.id ?? 'provider unknown'})`;
}
