// What `globalctl validate` does: every check that needs no network, from the schema over the site to the manifest that would
// be rendered, collected into one list of findings with places. Nothing is created and nothing is contacted.
import { errorCodes, exitCodes, isGlobalctlError, type Redactor } from '../../base/index.ts';
import { countFindings, lintSite, reportJson, reportText, type FindingCounts } from '../../lint/index.ts';
import type { RenderedSite } from '../../manifests/index.ts';
import type { Note } from '../../providers/index.ts';
import {
  checkSecrets,
  checkSite,
  errorToFinding,
  sortFindings,
  type Finding,
  type LoadedSite,
} from '../../site/index.ts';
import type { App, OutputFormat } from '../app.ts';
import { openSite } from '../site-file.ts';
import { formatMergeReport } from '../view/merge-report.ts';

export interface ValidateRequest {
  readonly filename: string;
  readonly output: OutputFormat;
  readonly verbose: boolean;
}

export interface Validation {
  readonly findings: readonly Finding[];
  /** What rendering decided and why. */
  readonly notes: readonly Note[];
  /** What merging with manifest.base changed and kept; a mistake that merging cures shows only here. */
  readonly mergeReport: RenderedSite['mergeReport'];
  /** Absent when the file could not be loaded. */
  readonly loaded?: LoadedSite;
}

/** Checks the site file and prints the answer; the exit code tells whether there is an error among the findings. */
export async function validate(app: App, { filename, output, verbose }: ValidateRequest): Promise<void> {
  const { redactor } = app;
  const validation = await validateFile(app, filename, redactor);
  const { findings, notes, mergeReport, loaded } = validation;
  app.exitCode = exitCodeOf(findings);
  if (output === 'json') {
    const valid = app.exitCode === exitCodes.ok;
    const answer = { file: filename, valid, ...reportJson(findings), notes, mergeReport };
    app.print(redactor.redact(JSON.stringify(answer, undefined, 2)));
    return;
  }
  if (findings.length > 0) app.print(`${redactor.redact(reportText(findings))}\n`);
  if (verbose) for (const note of notes) app.print(`note ${note.topic}: ${note.text}`);
  const replaced = mergeReport.filter(({ action }) => action === 'changed').length;
  if (verbose) for (const line of formatMergeReport(mergeReport, true)) app.print(redactor.redact(line));
  else if (replaced > 0)
    app.print(`manifest.base: the site replaces ${String(replaced)} of its values (-v lists them)`);
  app.print(summary(filename, countFindings(findings), loaded));
}

/** Everything that can be said about a site file without contacting anything. Faults of the file are findings too. */
export async function validateFile(app: App, filename: string, redactor: Redactor): Promise<Validation> {
  let loaded: LoadedSite;
  try {
    ({ loaded } = await openSite(app, filename, redactor));
  } catch (error) {
    return { findings: findingsOf(error), notes: [], mergeReport: [] };
  }
  const ofSite = [...checkSite(loaded), ...(await checkSecrets(loaded))];
  try {
    const { findings, rendered } = await lintSite(loaded);
    return {
      findings: withoutRepeats([...ofSite, ...findings]),
      notes: rendered.notes,
      // Secrets are stand-ins here, so that one differs from the base's says nothing; their values are not shown either.
      mergeReport: rendered.mergeReport.filter(({ action, before, after }) => action !== 'changed' || before !== after),
      loaded,
    };
  } catch (error) {
    return { findings: [...ofSite, ...findingsOf(error)], notes: [], mergeReport: [], loaded };
  }
}

function findingsOf(error: unknown): Finding[] {
  if (!isGlobalctlError(error) || error.code === 'INTERNAL' || error.code === 'CANCELLED') throw error;
  const { causes = [] } = error.details;
  return (causes.length > 0 ? causes : [error]).map(errorToFinding);
}

/** The site and its manifest can show the same fault; what stands at one place with one code is said once. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return sortFindings(findings).filter(({ code, place, path, subject, message }) => {
    const key = JSON.stringify([code, place, path, subject, message]);
    const fresh = !seen.has(key);
    seen.add(key);
    return fresh;
  });
}

/** A fault of the site file outweighs one of the manifest, which may only follow from it. */
function exitCodeOf(findings: readonly Finding[]): number {
  const classes = findings.filter(({ severity }) => severity === 'error').map(({ code }) => errorCodes[code].class);
  const [first] = classes;
  if (first === undefined) return exitCodes.ok;
  return exitCodes[classes.find((failure) => failure === 'site') ?? first];
}

function summary(file: string, { errors, warnings }: FindingCounts, loaded: LoadedSite | undefined): string {
  const counted = (count: number, noun: string): string => `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
  const warned = warnings > 0 ? `, ${counted(warnings, 'warning')}` : '';
  if (errors > 0 || loaded === undefined) return `${file}: ${counted(errors, 'error')}${warned}`;
  const { provider, controlPlane, workers, versions } = loaded.site;
  const workerCount = workers.reduce((sum, pool) => sum + pool.replicas, 0);
  return (
    `${file} is valid${warned}: provider ${provider}, ${counted(controlPlane.replicas, 'control plane node')}, ` +
    `${counted(workerCount, 'worker')}, platform ${versions.platform}, Kubernetes ${versions.kubernetes}`
  );
}
