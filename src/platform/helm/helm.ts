import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GlobalctlError, runCommand, type CommandResult } from '../../base/index.ts';
import { findBinary } from './binaries.ts';

export interface ReleaseRef {
  readonly name: string;
  readonly namespace: string;
}

/** A release as `helm list -o json` shows it. */
export interface ReleaseSummary {
  readonly name: string;
  readonly namespace: string;
  /** Revision number of the release, counted by Helm. */
  readonly revision: number;
  readonly status: string;
  /** `<chart name>-<chart version>`. */
  readonly chart: string;
  readonly appVersion: string;
}

/** A release as `helm status -o json` shows it. */
export interface ReleaseStatus {
  readonly name: string;
  readonly namespace: string;
  readonly revision: number;
  /** deployed, failed, pending-install, pending-upgrade, pending-rollback, uninstalling, superseded. */
  readonly status: string;
  readonly description: string;
  readonly manifest: string;
}

/** A chart: the bytes of its `.tgz`, or a path. */
export type ChartSource = Uint8Array | string;

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
  readonly dryRun?: 'server' | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Helm {
  upgradeInstall(options: InstallOptions): Promise<ReleaseStatus>;
  /** The rendered manifest, without a cluster. */
  template(
    options: Pick<InstallOptions, 'release' | 'chart' | 'values' | 'signal'> & { readonly includeCrds?: boolean },
  ): Promise<string>;
  /** Releases in every state; of one namespace, or of all. */
  list(options?: { readonly namespace?: string; readonly signal?: AbortSignal | undefined }): Promise<ReleaseSummary[]>;
  /** undefined when there is no such release. */
  status(release: ReleaseRef, signal?: AbortSignal): Promise<ReleaseStatus | undefined>;
  rollback(release: ReleaseRef, revision: number, signal?: AbortSignal): Promise<void>;
  /** No error when there is no such release. */
  uninstall(
    release: ReleaseRef,
    options?: { readonly wait?: boolean; readonly signal?: AbortSignal | undefined },
  ): Promise<void>;
}

/**
 * Helm through its command line. `kubeconfigText` is written to a file of mode 0600 for the length of each call, values go
 * in by standard input, so that nothing secret stands in an argument list. The program is looked for at the first call.
 * Throws COMMAND_NOT_FOUND, COMMAND_FAILED (with Helm's last lines in `details.found`) or CANCELLED.
 */
export function createHelm(options: {
  readonly kubeconfigText: string;
  /** Path of helm; else GLOBALCTL_HELM, PATH, the packaged one. */
  readonly helmPath?: string | undefined;
}): Helm {
  async function run(
    args: readonly string[],
    call: {
      readonly chart?: ChartSource | undefined;
      readonly values?: Readonly<Record<string, unknown>> | undefined;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<CommandResult> {
    const helm = await findBinary('helm', { path: options.helmPath, signal: call.signal });
    const folder = await mkdtemp(join(tmpdir(), 'globalctl-helm-'));
    try {
      const kubeconfig = join(folder, 'kubeconfig');
      await writeFile(kubeconfig, options.kubeconfigText, { mode: 0o600 });
      const words = [...args];
      if (typeof call.chart === 'string') words.push(call.chart);
      else if (call.chart) {
        const chart = join(folder, 'chart.tgz');
        await writeFile(chart, call.chart);
        words.push(chart);
      }
      if (call.values) words.push('--values', '-');
      return await runCommand({
        program: helm.path,
        args: words,
        // The person's own plugins, repositories and context must not change what a release is.
        env: {
          KUBECONFIG: kubeconfig,
          HELM_CACHE_HOME: join(folder, 'cache'),
          HELM_CONFIG_HOME: join(folder, 'config'),
          HELM_DATA_HOME: join(folder, 'data'),
          HELM_NAMESPACE: '',
          HELM_KUBECONTEXT: '',
        },
        ...(call.values && { input: JSON.stringify(call.values) }),
        signal: call.signal,
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  return {
    async upgradeInstall(install) {
      const { release, timeoutMs } = install;
      const args = ['upgrade', '--install', release.name, '--namespace', release.namespace, '--output', 'json'];
      // The API server checks every object anyway; the schemas of hundreds of CRDs are not fetched for each release.
      args.push('--disable-openapi-validation');
      if (install.createNamespace) args.push('--create-namespace');
      if (install.skipCrds) args.push('--skip-crds');
      if (install.wait) args.push('--wait');
      if (timeoutMs !== undefined) args.push('--timeout', `${String(Math.ceil(timeoutMs / 1000))}s`);
      if (install.dryRun) args.push(`--dry-run=${install.dryRun}`);
      return parseStatus((await run(args, install)).stdout);
    },
    async template({ release, includeCrds, ...call }) {
      const args = ['template', release.name, '--namespace', release.namespace];
      if (includeCrds) args.push('--include-crds');
      return (await run(args, call)).stdout;
    },
    async list({ namespace, signal } = {}) {
      // Helm 4 lists every state by default and has dropped `--all`; Helm 3 needs the states named.
      const states = ['--deployed', '--failed', '--pending', '--uninstalling', '--superseded'];
      const scope = namespace === undefined ? ['--all-namespaces'] : ['--namespace', namespace];
      const { stdout } = await run(['list', ...states, ...scope, '--max', '0', '--output', 'json'], { signal });
      return parseJson<Record<string, string>[]>(stdout).map((item) => ({
        name: item['name'] ?? '',
        namespace: item['namespace'] ?? '',
        revision: Number(item['revision']),
        status: item['status'] ?? '',
        chart: item['chart'] ?? '',
        appVersion: item['app_version'] ?? '',
      }));
    },
    async status({ name, namespace }, signal) {
      try {
        return parseStatus(
          (await run(['status', name, '--namespace', namespace, '--output', 'json'], { signal })).stdout,
        );
      } catch (error) {
        if (isReleaseMissing(error)) return undefined;
        throw error;
      }
    },
    async rollback({ name, namespace }, revision, signal) {
      await run(['rollback', name, String(revision), '--namespace', namespace], { signal });
    },
    async uninstall({ name, namespace }, { wait, signal } = {}) {
      const args = ['uninstall', name, '--namespace', namespace, '--ignore-not-found'];
      await run(wait ? [...args, '--wait'] : args, { signal });
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

function parseJson<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new GlobalctlError('COMMAND_FAILED', {
      message: 'helm answered something that is not JSON',
      subject: 'helm',
      found: text.slice(0, 200),
      cause: error,
    });
  }
}

function parseStatus(text: string): ReleaseStatus {
  const raw = parseJson<{
    name: string;
    namespace: string;
    version: number;
    manifest?: string;
    info?: { status?: string; description?: string };
  }>(text);
  return {
    name: raw.name,
    namespace: raw.namespace,
    revision: raw.version,
    status: raw.info?.status ?? 'unknown',
    description: raw.info?.description ?? '',
    manifest: raw.manifest ?? '',
  };
}
