import { isGlobalctlError, type EventStream } from '../../../base/index.ts';
import {
  failover,
  gatesText,
  installPair,
  previewSwitch,
  sideNames,
  type Pair,
  type PairRun,
} from '../../../dr/index.ts';
import { HttpKubeClient, PLATFORM_NAMESPACE, resources, watchUntil, type KubeObject } from '../../../kube/index.ts';
import { failoverReport, viewsOf } from '../../../lint/index.ts';
import { renderSite } from '../../../manifests/index.ts';
import { globalKubeconfig } from './order-workload-cluster.ts';

/** How long garbage collection, and then the providers, may take for machines, in real time. */
const DELETION_LIMIT_MS = 120_000;

/** Objects of `global` in the manifests of a pair that the synchronizer takes for workload: `MachineDeployment workers`. */
export async function objectsWithoutPrefix(pair: Pair): Promise<string[]> {
  const found = new Set<string>();
  for (const side of sideNames) {
    const { placed } = await renderSite(pair[side].loaded, { secrets: 'stand-in' });
    const { objects } = failoverReport(viewsOf({ objects: placed }).flatMap(({ views }) => views));
    for (const { danger, kind, name } of objects) if (danger === 'lost') found.add(`${kind} ${name}`);
  }
  return [...found];
}

interface Parts {
  readonly pair: Pair;
  readonly run: (signal?: AbortSignal) => PairRun;
  readonly events: EventStream;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/**
 * Installs both sides of a pair that can never be the same: the synchronizer writes the primary's objects over the standby's, and
 * Kubernetes' garbage collector takes what has lost its owners. Ends when that has shown: machines of the standby are marked as
 * deleted, and nothing happens to them while the sync gate stands.
 */
export async function installBroken({ pair, run, events, signal, say }: Parts): Promise<void> {
  const hopeless = new AbortController();
  const marked = new AbortController();
  let watching: Promise<readonly string[]> | undefined;
  const stopListening = events.subscribe((event) => {
    if (event.type !== 'wait' || event.step !== 'wait-sync' || !/\d+ missed keys/.test(event.message)) return;
    watching ??= awaitMachines(pair, AbortSignal.any([signal, marked.signal]), (machines) =>
      machines.some(isBeingDeleted),
    ).then((machines) => {
      hopeless.abort();
      return machines.filter(isBeingDeleted).map(nameOf);
    });
  });
  let interrupted = false;
  try {
    await installPair(run(AbortSignal.any([signal, hopeless.signal])));
  } catch (error) {
    interrupted = hopeless.signal.aborted && !signal.aborted && isGlobalctlError(error);
    if (!interrupted) throw error;
  } finally {
    stopListening();
    if (!interrupted) marked.abort();
    const names = await watching?.catch(() => []);
    if (names && names.length > 0)
      say(`the sides will never be the same. Marked as deleted on the standby side: ${names.join(', ')}`);
  }
}

/** The failover that the gates would refuse; answers when the providers have deleted what was marked. */
export async function failoverRegardless({ pair, run, signal, say }: Parts): Promise<void> {
  const { gates } = await previewSwitch(run(), 'failover');
  say(`globalctl dr failover stops at these gates:\n${gatesText(gates)}`);
  say('going on without them, as a procedure by hand does');
  try {
    await failover(run(), { acceptGates: ['sync', ...gates.map(({ id }) => id)] });
  } catch (error) {
    if (!isGlobalctlError(error, 'DR_MACHINES_LOST')) throw error;
    say(`failover: ${error.message}\n${error.details.found ?? ''}`);
  }
  try {
    await awaitMachines(pair, signal, (machines) => !machines.some(isBeingDeleted));
  } catch {
    signal.throwIfAborted();
    say('some machines are still being deleted');
  }
}

function isBeingDeleted({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function nameOf({ metadata }: KubeObject): string {
  return metadata.name ?? '';
}

/** The Machines on the standby side, as soon as `done` holds for them. */
async function awaitMachines(
  pair: Pair,
  signal: AbortSignal,
  done: (machines: readonly KubeObject[]) => boolean,
): Promise<readonly KubeObject[]> {
  const client = await HttpKubeClient.fromFile(globalKubeconfig(pair, 'standby'), {
    proxyUrl: pair.standby.loaded.site.access.proxy,
  });
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(DELETION_LIMIT_MS)]);
    return await watchUntil(client, resources.machines, { namespace: PLATFORM_NAMESPACE, signal: limit }, (store) => {
      const machines = [...store.values()];
      return done(machines) ? machines : undefined;
    });
  } finally {
    await client.close();
  }
}
