// What `globalctl lint` does: reads what it is given, lints it under the policy of flags and site file, and prints the findings in
// the form that was asked for. Fixing and reading a cluster are beside it.
import { text as textOf } from 'node:stream/consumers';
import { GlobalctlError } from '../../base/index.ts';
import {
  applyPolicy,
  compareWithCluster,
  lint,
  lintSite,
  policyOf,
  readCrds,
  readSources,
  ruleIds,
  SchemaSet,
  type LintPolicy,
  type LintRequest,
  type LintResult,
  type SourceFile,
} from '../../lint/index.ts';
import { supportedProviders, type SupportedProvider } from '../../providers/index.ts';
import { checkSite, nearestName, type LoadedSite } from '../../site/index.ts';
import type { App } from '../app.ts';
import { openSite } from '../site-file.ts';
import { exitCodeOf } from './exit-code.ts';
import type { LintFlags } from './flags.ts';
import type { LiveGap } from './live.ts';
import { printFailover, printResult } from './print.ts';
import { sayGaps } from './say-gaps.ts';

/** Lints and prints; the exit code says whether there is an error, or with --strict a warning, among the findings. */
export async function lintCommand(app: App, paths: readonly string[], flags: LintFlags): Promise<void> {
  const loaded = flags.filename === undefined ? undefined : (await openSite(app, flags.filename, app.redactor)).loaded;
  const policy = policyOf({
    site: loaded?.site.lint.rules,
    only: flags.rule,
    skip: flags.skip,
    severity: flags.severity,
    known: ruleIds(),
  });
  const given: Given = { app, paths, flags, loaded, policy };
  if (flags.fix) {
    const { fixCommand } = await import('./fix.ts');
    const { request, gaps } = await requestOf(given);
    await fixCommand(app, request, flags);
    sayGaps(app, gaps);
    return;
  }
  const { result, skipped, gaps } = await run(given);
  if (flags.failover) {
    printFailover(app, result, flags);
    sayGaps(app, gaps);
    return;
  }
  printResult(app, { result, skipped, gaps, flags });
  app.exitCode = exitCodeOf(result, flags.strict, gaps.length > 0);
}

interface Given {
  readonly app: App;
  readonly paths: readonly string[];
  readonly flags: LintFlags;
  readonly loaded: LoadedSite | undefined;
  readonly policy: LintPolicy;
}

interface Outcome {
  readonly result: LintResult;
  readonly skipped: readonly SourceFile[];
  readonly gaps: readonly LiveGap[];
}

async function run(given: Given): Promise<Outcome> {
  const { paths, flags, loaded, policy } = given;
  if (paths.length === 0 && !flags.live && loaded) {
    const { findings, ignored, view } = await lintSite(loaded, policy);
    const installations = [{ name: loaded.path, views: [view] }];
    const ofSite = applyPolicy(policy, checkSite(loaded));
    return {
      result: { findings: [...ofSite, ...findings], ignored, installations, limited: [] },
      skipped: [],
      gaps: [],
    };
  }
  const { request, gaps } = await requestOf(given);
  if (paths.length === 0 && loaded) {
    const [result, edits] = await Promise.all([
      lint(request),
      compareWithCluster(loaded, { live: request.objects ?? [], policy }),
    ]);
    return { result: { ...result, findings: [...result.findings, ...edits] }, skipped: [], gaps };
  }
  const skipped = request.sources.filter((source) => source.skipped !== undefined);
  return { result: await lint(request), skipped, gaps };
}

interface Request {
  readonly request: LintRequest;
  readonly gaps: readonly LiveGap[];
}

async function requestOf({ app, paths, flags, loaded, policy }: Given): Promise<Request> {
  if (paths.length === 0 && !flags.live)
    throw new GlobalctlError('USAGE', {
      message: 'there is nothing to lint',
      hint: 'Name files or folders, - for standard input, --live for a cluster, or -f for what a site renders to.',
    });
  const [sources, crds, live] = await Promise.all([
    readSources(paths, () => textOf(app.stdin)),
    Promise.all((flags.crds ?? []).map(readCrds)),
    flags.live ? import('./live.ts').then(({ liveObjects }) => liveObjects(app, flags)) : undefined,
  ]);
  const { objects = [], gaps = [] } = live ?? {};
  const isCluster = paths.length === 0;
  const request = {
    sources,
    objects: isCluster ? objects : [],
    unread: new Set(isCluster ? gaps.filter(({ seenIn }) => seenIn === undefined).map(({ kind }) => kind) : []),
    site: loaded?.site,
    provider: flags.provider === undefined ? undefined : providerCalled(flags.provider),
    cluster: flags.cluster,
    schemas: new SchemaSet(crds.flat()),
    policy,
    live: live && !isCluster ? objects : undefined,
  };
  return { request, gaps };
}

function providerCalled(name: string): SupportedProvider {
  const found = supportedProviders.find(({ id }) => id === name);
  if (found) return found;
  const known = supportedProviders.map(({ id }) => id);
  const near = nearestName(name, known);
  throw new GlobalctlError('USAGE', {
    message: `--provider: there is no provider ${name}`,
    subject: '--provider',
    expected: known.join(', '),
    found: name,
    ...(near !== undefined && { hint: `Did you mean ${near}?` }),
  });
}
