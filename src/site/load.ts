import { dirname, resolve } from 'node:path';
import { GlobalctlError, Redactor, type SourcePlace } from '../base/index.ts';
import { codeFrame } from './code-frame.ts';
import { chooseProvider } from './choose-provider.ts';
import { asParsedSite, completeSite } from './defaults.ts';
import { formatPath, parsePath, type FieldPath } from './field-path.ts';
import { refuseErrors, type Finding } from './finding.ts';
import { maskSecrets } from './mask-secrets.ts';
import { parseYaml, type YamlSource } from './parse-yaml.ts';
import { readSiteText } from './read-source.ts';
import { siteSchemaOf, type SiteParts } from './schema.ts';
import type { Site } from './site.ts';
import { isSecretReference, resolveSecret, type SecretReference } from './secret-reference.ts';
import { linesOf, SiteText, type FieldFinding } from './site-text.ts';
import { translateIssue, withoutEchoes, type SiteProblem } from './translate-issue.ts';

/** A site file that was read, with every default filled in. */
export interface LoadedSite {
  readonly site: Site;
  /** The file as it was named. */
  readonly path: string;
  /** Absolute folder of the file; relative paths inside it start here. */
  readonly folder: string;
  /** The text, with every line end as it stands in the file. */
  readonly text: string;
  /** The value as it stands in the file, before defaults. */
  readonly written: unknown;
  /** Where a field stands (`controlPlane.nodes[1].ip`); the nearest parent answers for a field that is not in the file. */
  placeOf(path: string, part?: 'key' | 'value'): SourcePlace;
  /** The lines around a field with a caret, secrets masked. */
  snippetOf(path: string, part?: 'key' | 'value'): string;
  /** The finding with its place and snippet. */
  locate(finding: FieldFinding): Finding;
  /** A path of the site file as an absolute path. */
  resolvePath(path: string): string;
  /** Reads a secret when it is needed and registers it with the redactor. Throws SECRET_UNREADABLE with its place. */
  resolveSecret(reference: SecretReference): Promise<string>;
  /** Every secret reference of the site with the field that holds it. */
  secretReferences(): readonly { readonly path: string; readonly reference: SecretReference }[];
}

export interface LoadOptions {
  /** What the providers contribute to the schema. */
  readonly parts: readonly SiteParts[];
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly redactor?: Redactor;
}

/** More faults than anyone reads; the rest shows when these are cured. */
const maxProblems = 100;

/**
 * Reads a site file. Throws SITE_UNREADABLE, SITE_TOO_LARGE, SITE_NOT_UTF8 or SITE_EMPTY for the file as a whole, else
 * SITE_INVALID with one cause per fault, each with code, place and snippet. Secrets are not read.
 */
export async function loadSite(file: string, options: LoadOptions): Promise<LoadedSite> {
  return parseSite({ file, text: await readSiteText(file), ...options });
}

/** `loadSite` for a text that is at hand; `file` names it and gives the folder. */
export function parseSite({
  file,
  text,
  parts,
  environment = process.env,
  redactor = new Redactor(),
}: ParseOptions): LoadedSite {
  const outcome = parseYaml(file, text);
  if ('problems' in outcome) {
    const lines = linesOf(maskSecrets(text, []));
    const findings = outcome.problems.map(({ code, message, offset, length, hint }): Finding => {
      const place = outcome.placeAt(offset);
      return { code, severity: 'error', path: '', message, hint, place, snippet: codeFrame({ lines, place, length }) };
    });
    throw invalid(file, findings);
  }
  const { source } = outcome;
  const provider = chooseProvider(source.value, parts);
  if ('problem' in provider) throw invalid(file, [new SiteText(source, []).locate(provider.problem)]);
  const schema = siteSchemaOf(provider.parts);
  const result = schema.safeParse(source.value);
  if (!result.success) {
    const problems = result.error.issues.flatMap((issue) =>
      translateIssue(capKeys(issue), { schema, value: source.value }),
    );
    throw invalid(file, locateProblems(source, withoutEchoes(problems).slice(0, maxProblems)));
  }
  const completed = completeSite(asParsedSite(result.data));
  if ('problems' in completed) throw invalid(file, locateProblems(source, completed.problems));
  return new LoadedSiteFile({ site: completed.site, source, environment, redactor });
}

export interface ParseOptions extends LoadOptions {
  readonly file: string;
  readonly text: string;
}

function capKeys<Issue extends { code?: string }>(issue: Issue): Issue {
  if (issue.code === 'unrecognized_keys' && 'keys' in issue && Array.isArray(issue.keys))
    return { ...issue, keys: issue.keys.slice(0, maxProblems) };
  return issue;
}

function invalid(file: string, findings: readonly Finding[]): GlobalctlError {
  try {
    refuseErrors(findings, file);
  } catch (error) {
    if (error instanceof GlobalctlError) return error;
    throw error;
  }
  return new GlobalctlError('INTERNAL', { message: `${file} was refused without a reason`, subject: file });
}

function locateProblems(source: YamlSource, problems: readonly SiteProblem[]): Finding[] {
  // A plain value where a reference belongs is a secret, whichever fault its snippet would be printed for.
  const secrets = problems
    .filter((problem) => problem.code === 'SECRET_PLAIN')
    .map((problem) => source.rangeOf(problem.path));
  const text = new SiteText(source, secrets);
  return problems.map((problem) =>
    text.locate({ ...problem, severity: 'error', path: formatPath(problem.path) }, problem.path),
  );
}

interface LoadedParts {
  readonly site: Site;
  readonly source: YamlSource;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly redactor: Redactor;
}

class LoadedSiteFile implements LoadedSite {
  readonly site: Site;
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  readonly written: unknown;
  readonly #source: SiteText;
  readonly #environment: LoadedParts['environment'];
  readonly #redactor: Redactor;

  constructor({ site, source, environment, redactor }: LoadedParts) {
    this.site = site;
    this.path = source.file;
    this.folder = resolve(dirname(source.file));
    this.text = source.text;
    this.written = source.value;
    this.#source = new SiteText(source, []);
    this.#environment = environment;
    this.#redactor = redactor;
  }

  placeOf(path: string, part?: 'key' | 'value'): SourcePlace {
    return this.#source.placeOf(parsePath(path), part);
  }

  snippetOf(path: string, part?: 'key' | 'value'): string {
    return this.#source.snippetOf(parsePath(path), part);
  }

  locate(finding: FieldFinding): Finding {
    return this.#source.locate(finding);
  }

  resolvePath(path: string): string {
    return resolve(this.folder, path);
  }

  async resolveSecret(reference: SecretReference): Promise<string> {
    const path = this.secretReferences().find((held) => held.reference === reference)?.path ?? '';
    return resolveSecret(
      { reference, path, place: this.placeOf(path), snippet: this.snippetOf(path) },
      { folder: this.folder, environment: this.#environment, redactor: this.#redactor },
    );
  }

  secretReferences(): readonly { readonly path: string; readonly reference: SecretReference }[] {
    return [...referencesIn(this.site, [])];
  }
}

function* referencesIn(
  value: unknown,
  path: FieldPath,
): Generator<{ readonly path: string; readonly reference: SecretReference }> {
  if (typeof value === 'string' && isSecretReference(value)) yield { path: formatPath(path), reference: value };
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value))
    yield* referencesIn(child, [...path, Array.isArray(value) ? Number(key) : key]);
}
