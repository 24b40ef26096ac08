import { join } from 'node:path';
import {
  GlobalctlError,
  isGlobalctlError,
  pathExists,
  readTextIfPresent,
  runCommand,
  writeFileAtomic,
} from '../../base/index.ts';
import type { InstallContext } from '../context.ts';
import type { Gate } from './gate.ts';

/** KIND's name for the container of the bootstrap cluster, and for the network that it lives in (runbook §12). */
const CONTAINER = 'minialauda-control-plane';
const NETWORK = 'kind';
const RUNTIMES = ['docker', 'nerdctl', 'podman'] as const;

/** What remains of the bootstrap cluster: when it went, how, and what was seen before. */
export interface HandoffRecord {
  readonly retiredAt: string;
  readonly how: string;
  readonly gates: readonly Gate[];
}

function recordPath(context: InstallContext): string {
  return join(context.stateFolder, 'handoff.json');
}

/** undefined while the bootstrap cluster has not been retired. */
export async function readHandoffRecord(context: InstallContext): Promise<HandoffRecord | undefined> {
  const text = await readTextIfPresent(recordPath(context));
  return text === undefined ? undefined : (JSON.parse(text) as HandoffRecord);
}

/**
 * Takes the bootstrap cluster down: by the script that its Core Package brings for that, else by removing KIND's container. The
 * objects in it go with it and are not deleted: a deletion would be carried out on the machines of the live cluster. Keeps the new
 * cluster's kubeconfig first. Throws HANDOFF_NOTHING when there is neither, and COMMAND_FAILED.
 */
export async function retireBootstrapCluster(context: InstallContext, gates: readonly Gate[]): Promise<HandoffRecord> {
  const { clusters, clock, signal } = context;
  const kubeconfig = await clusters.globalKubeconfig(signal);
  if (kubeconfig !== undefined) await writeFileAtomic(clusters.globalKubeconfigPath, kubeconfig, 0o600);
  const how = (await byScript(context)) ?? (await byContainer(signal));
  if (how === undefined)
    throw new GlobalctlError('HANDOFF_NOTHING', {
      message: `neither ${context.host.removalScript} nor a container ${CONTAINER} is on this host`,
      subject: CONTAINER,
    });
  const record: HandoffRecord = { retiredAt: new Date(clock.now()).toISOString(), how, gates };
  await writeFileAtomic(recordPath(context), `${JSON.stringify(record, null, 2)}\n`, 0o600);
  return record;
}

async function byScript({ host, signal }: InstallContext): Promise<string | undefined> {
  if (!(await pathExists(host.removalScript))) return undefined;
  await runCommand({ program: 'sh', args: [host.removalScript], cwd: host.setupFolder, signal });
  return `sh ${host.removalScript}`;
}

async function byContainer(signal: AbortSignal): Promise<string | undefined> {
  for (const program of RUNTIMES) {
    const run = (...args: string[]): Promise<string | undefined> =>
      runCommand({ program, args, signal }).then(
        ({ stdout }) => stdout,
        (error: unknown) => {
          // Not installed, or its service does not run: another one may have the container.
          if (isGlobalctlError(error, 'COMMAND_NOT_FOUND') || isGlobalctlError(error, 'COMMAND_FAILED'))
            return undefined;
          throw error;
        },
      );
    const names = await run('ps', '--all', '--format', '{{.Names}}');
    if (names?.split('\n').includes(CONTAINER) !== true) continue;
    await runCommand({ program, args: ['rm', '--force', '--volumes', CONTAINER], signal });
    // Refused while another KIND cluster is in it, which is right.
    const network = (await run('network', 'rm', NETWORK)) === undefined ? '' : `, and network ${NETWORK}`;
    return `${program} rm ${CONTAINER}${network}`;
  }
  return undefined;
}
