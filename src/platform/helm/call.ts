import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GlobalctlError,
  runCommand,
  systemClock,
  toGlobalctlError,
  withDeadline,
  type CommandResult,
} from '../../base/index.ts';
import { findBinary } from './binaries.ts';
import { createCallFolder, sweepLeftovers } from './leftovers.ts';

/** A chart: the bytes of its `.tgz`, or a path. */
export type ChartSource = Uint8Array | string;

export interface HelmCall {
  readonly chart?: ChartSource | undefined;
  readonly values?: Readonly<Record<string, unknown>> | undefined;
  /** Given to Helm as `--timeout`; a Helm that does not heed it is ended a little later. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HelmAccess {
  readonly kubeconfigText: string;
  /** Path of helm; else GLOBALCTL_HELM, PATH, the packaged one. */
  readonly helmPath?: string | undefined;
  /** Where the folders of calls are made; the system's own by default. */
  readonly temporaryFolder?: string | undefined;
  /** What Helm may take beyond its time until it is ended. Default 15 s. */
  readonly graceMs?: number | undefined;
}

const DEFAULT_GRACE_MS = 15_000;
/** Helm's own default for `--timeout`, and how often a call waits at most: hooks before, objects, hooks after. */
const DEFAULT_LIMIT_MS = 3 * 5 * 60_000;

const swept = new Map<string, Promise<number>>();

async function sweepOnce(parent: string): Promise<void> {
  const sweeping = swept.get(parent) ?? sweepLeftovers(parent);
  swept.set(parent, sweeping);
  sweeping.catch(() => swept.delete(parent));
  await sweeping;
}

/**
 * One run of Helm. The kubeconfig is a file of mode 0600 for the length of the call and values go in by standard input, so that
 * nothing secret stands in an argument list; the person's own plugins, repositories and context do not count. Before the
 * first call of a process, what a killed one left behind is cleared away.
 * Throws COMMAND_NOT_FOUND, COMMAND_FAILED, DEADLINE_EXCEEDED, FILE_UNWRITABLE or CANCELLED.
 */
export async function callHelm(access: HelmAccess, args: readonly string[], call: HelmCall): Promise<CommandResult> {
  const helm = await findBinary('helm', { path: access.helmPath, signal: call.signal });
  const parent = access.temporaryFolder ?? tmpdir();
  let folder: string | undefined;
  try {
    await sweepOnce(parent);
    folder = await createCallFolder(parent);
    const words = [...args, ...(await writeInputs(folder, access, call))];
    if (call.timeoutMs !== undefined) words.push('--timeout', `${String(Math.ceil(call.timeoutMs / 1000))}s`);
    const limitMs =
      call.timeoutMs === undefined ? DEFAULT_LIMIT_MS : call.timeoutMs + (access.graceMs ?? DEFAULT_GRACE_MS);
    return await withDeadline(
      { clock: systemClock, timeoutMs: limitMs, what: describeCall(args), signal: call.signal },
      (signal) =>
        runCommand({
          program: helm.path,
          args: words,
          env: environmentOf(folder ?? parent),
          ...(call.values && { input: JSON.stringify(call.values) }),
          signal,
        }),
    );
  } catch (thrown) {
    throw inHelmsWords(toGlobalctlError(thrown), args, parent);
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

async function writeInputs(folder: string, access: HelmAccess, { chart, values }: HelmCall): Promise<string[]> {
  await writeFile(join(folder, 'kubeconfig'), access.kubeconfigText, { mode: 0o600 });
  const words: string[] = [];
  if (typeof chart === 'string') words.push(chart);
  else if (chart) {
    const path = join(folder, 'chart.tgz');
    await writeFile(path, chart);
    words.push(path);
  }
  if (values) words.push('--values', '-');
  return words;
}

function environmentOf(folder: string): Record<string, string> {
  return {
    KUBECONFIG: join(folder, 'kubeconfig'),
    HELM_CACHE_HOME: join(folder, 'cache'),
    HELM_CONFIG_HOME: join(folder, 'config'),
    HELM_DATA_HOME: join(folder, 'data'),
    HELM_DRIVER: 'secret',
    HELM_NAMESPACE: '',
    HELM_KUBECONTEXT: '',
    HELM_KUBEAPISERVER: '',
    HELM_KUBETOKEN: '',
    HELM_KUBEASUSER: '',
    HELM_KUBEASGROUPS: '',
    HELM_KUBECAFILE: '',
  };
}

/** `helm upgrade sample`. */
function describeCall(args: readonly string[]): string {
  return `helm ${args
    .filter((word) => !word.startsWith('-'))
    .slice(0, 2)
    .join(' ')}`;
}

/** Helm's own sentence in place of a command line with temporary paths; a full disk with the folder that is full. */
function inHelmsWords(error: GlobalctlError, args: readonly string[], parent: string): GlobalctlError {
  if (error.code === 'FILE_UNWRITABLE')
    return new GlobalctlError('FILE_UNWRITABLE', {
      message: `cannot write what helm needs: ${error.message}`,
      subject: parent,
      cause: error,
      hint: `Free space in ${parent}, or set TMPDIR to a folder with more.`,
    });
  if (error.code !== 'COMMAND_FAILED') return error;
  const { found = '' } = error.details;
  const said = found.slice(Math.max(0, found.search(/^Error: /m))).trim();
  const ending = /: ((?:exit code|ended by) \S+)$/.exec(error.message)?.[1] ?? 'failed';
  return new GlobalctlError('COMMAND_FAILED', {
    message: `${describeCall(args)}: ${said === '' ? ending : said.replace(/^Error: /, '').replaceAll(/\s+/g, ' ')}`,
    subject: 'helm',
    found: said === '' ? undefined : said,
    cause: error,
  });
}
