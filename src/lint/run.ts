import type { ErrorCode } from '../base/index.ts';
import { INSTALLER_REQUEST, type PlacedObject, type SupportedProvider } from '../providers/index.ts';
import { sortFindings, type Site } from '../site/index.ts';
import { concerns, lintView, rulesFor } from './engine.ts';
import { engineRules } from './engine-rules.ts';
import type { LintFinding } from './finding.ts';
import {
  applyIgnores,
  applyPolicy,
  everyRule,
  ignoreComments,
  isOn,
  type IgnoreComment,
  type IgnoredFinding,
  type LintPolicy,
} from './policy/index.ts';
import type { SourceFile } from './read/index.ts';
import { ruleIds } from './rule-list.ts';
import { checkSchemas, SchemaSet, withoutEchoes } from './schema/index.ts';
import { viewsOf, type InstallationViews } from './scope/index.ts';

export interface LintRequest {
  readonly sources: readonly SourceFile[];
  /** Objects that no text holds: those of a cluster. */
  readonly objects?: readonly PlacedObject[];
  readonly site?: Site | undefined;
  readonly provider?: SupportedProvider | undefined;
  /** The name of the Cluster that is meant to be `global`. */
  readonly cluster?: string | undefined;
  readonly schemas?: SchemaSet;
  readonly policy?: LintPolicy;
  /** What a cluster has, to compare the texts with. */
  readonly live?: readonly PlacedObject[] | undefined;
  /** Kinds that could not be read, where `objects` are those of a cluster. */
  readonly unread?: ReadonlySet<string> | undefined;
}

export interface LintResult {
  /** By file and place. */
  readonly findings: readonly LintFinding[];
  readonly ignored: readonly IgnoredFinding[];
  /** What was linted: mostly one; several when the texts are of several global clusters. */
  readonly installations: readonly InstallationViews[];
  /** Rules that said nothing, or not all, because they look at kinds that could not be read. */
  readonly limited: readonly ErrorCode[];
}

/** The objects of an installation, each once. */
export function objectsOf({ views }: InstallationViews): readonly PlacedObject[] {
  return [...new Set(views.flatMap(({ objects }) => objects))];
}

/**
 * Lints texts, each cluster of theirs by its own rules. Changes nothing and contacts nothing. Throws USAGE where a site or a live
 * cluster is given and the texts do not show which of several installations it is of.
 */
export async function lint(request: LintRequest): Promise<LintResult> {
  const { sources, site, provider, cluster, live, policy = everyRule, schemas = new SchemaSet() } = request;
  const objects = [...sources.flatMap((source) => source.objects), ...(request.objects ?? [])];
  const installations = viewsOf({ objects, site, provider, cluster, live, unread: request.unread });
  const limited = new Set<ErrorCode>();
  const ofRules = installations.flatMap(({ name, views }) =>
    views.flatMap((view) => {
      const rules = rulesFor(view.provider).filter(({ code }) => isOn(policy, code));
      const found = lintView(view, rules);
      for (const code of found.limited) limited.add(code);
      return installations.length > 1
        ? found.findings.map((finding) => ({ ...finding, installations: [name] }))
        : found.findings;
    }),
  );
  const ofSchemas = await checkSchemas(objects.filter(hasSchema), schemas);
  const found = applyPolicy(policy, [
    ...sources.flatMap((source) => source.findings),
    ...withoutRepeats([...ofRules, ...withoutEchoes(ofSchemas, ofRules)]),
  ]);
  const comments = sources.flatMap((source) => ignoreComments(source.text, source.objects));
  const { findings, ignored } = ignore({ findings: found, comments, installations, policy });
  return { findings: sortFindings(findings), ignored, installations, limited: [...limited] };
}

interface Ignoring {
  readonly findings: readonly LintFinding[];
  readonly comments: readonly IgnoreComment[];
  readonly installations: readonly InstallationViews[];
  readonly policy: LintPolicy;
}

function ignore({ findings, comments, installations, policy }: Ignoring): ReturnType<typeof applyIgnores> {
  const views = installations.flatMap((installation) => installation.views);
  const looked = new Set<ErrorCode>([
    ...engineRules.map(({ code }) => code),
    ...views.flatMap((view) =>
      rulesFor(view.provider)
        .filter((rule) => concerns(rule, view))
        .map(({ code }) => code),
    ),
  ]);
  const outcome = applyIgnores({
    findings,
    comments,
    known: ruleIds(),
    couldFind: (code) => looked.has(code) && isOn(policy, code),
  });
  const given = new Set(findings);
  const own = outcome.findings.filter((finding) => !given.has(finding));
  const left = outcome.findings.filter((finding) => given.has(finding));
  return { ignored: outcome.ignored, findings: [...left, ...applyPolicy(policy, own)] };
}

/** What a cluster stores has passed its own schemas; an installer request has none. */
function hasSchema({ object, origin }: PlacedObject): boolean {
  return origin !== 'live' && object.kind !== INSTALLER_REQUEST;
}

/** An object that two clusters or installations share is looked at twice. */
function withoutRepeats(findings: readonly LintFinding[]): LintFinding[] {
  const seen = new Map<string, LintFinding>();
  for (const finding of findings) {
    const { code, place, path, subject, message } = finding;
    const key = JSON.stringify([code, place, path, subject, message]);
    const before = seen.get(key);
    const installations = [...new Set([...(before?.installations ?? []), ...(finding.installations ?? [])])];
    seen.set(key, installations.length > 0 ? { ...(before ?? finding), installations } : (before ?? finding));
  }
  return [...seen.values()];
}
