import { toGlobalctlError, GlobalctlError } from '../../base/index.ts';
import { hashInputs, type Probe, type Step } from '../../install/index.ts';
import {
  conditionOf,
  fieldAt,
  isKubeReason,
  PLATFORM_NAMESPACE,
  resources,
  textAt,
  type KubeObject,
} from '../../kube/index.ts';
import { drOf, vipOf, type SideName } from '../pair.ts';
import { syncGate } from '../gates/index.ts';
import { etcdSyncModule, MODULE_NAME } from '../sync/module-info.ts';
import type { DrContext } from './context.ts';

const MINUTE_MS = 60_000;
/** Of the keys that differ, so many are named in the message of a wait. */
const KEYS_SHOWN = 10;

export interface SyncDirection<Context> {
  /** The active side, which is read. */
  readonly from: SideName;
  /** The standby side, which the synchronizer is installed on and writes to. */
  readonly to: SideName;
  /** Steps between the installation of the synchronizer and the wait for it. */
  readonly beforeWait?: readonly Step<Context>[];
  /** In front of the ids of both steps, where a workflow synchronises twice. */
  readonly prefix?: string;
}

/** Installs the synchronizer on the standby side and waits until both sides are the same. */
export function syncSteps<Context extends DrContext>(direction: SyncDirection<Context>): Step<Context>[] {
  return [installSync(direction), ...(direction.beforeWait ?? []), awaitSync(direction)];
}

/** What the ModuleInfo must be; the token is the active side's as it is now. */
async function wantedModule(context: DrContext, { from, to }: SyncDirection<never>): Promise<KubeObject> {
  const { pair, signal } = context.run;
  const { etcdSyncVersion } = drOf(pair[to].loaded.site);
  if (etcdSyncVersion === undefined)
    throw new GlobalctlError('DR_SYNC', {
      message: 'no site file says the version of global-etcd-sync',
      subject: 'dr.etcdSyncVersion',
      expected: 'the version that the packages deliver, on both sides',
      place: pair[to].loaded.placeOf('dr', 'key'),
      hint: 'Add dr.etcdSyncVersion to both site files.',
    });
  return etcdSyncModule({
    version: etcdSyncVersion,
    activeVIP: vipOf(pair, from),
    activeTokenBase64: await context.sides.adminToken(from, signal),
  });
}

function installSync<Context extends DrContext>(direction: SyncDirection<Context>): Step<Context> {
  const { from, to, prefix = '' } = direction;
  const look = async (context: Context): Promise<Probe> => {
    if (!(await context.sides.reachable(to, context.run.signal)))
      return { state: 'absent', reason: `the ${to} side does not answer yet` };
    const client = await context.sides.client(to);
    const found = await client.find(resources.moduleInfoes, { name: MODULE_NAME }, context.run.signal);
    if (!found) return { state: 'absent', reason: `no ModuleInfo ${MODULE_NAME} on the ${to} side` };
    const vip = textAt(found, 'spec', 'config', 'active_cluster_vip');
    const wanted = vipOf(context.run.pair, from);
    if (found.metadata.deletionTimestamp !== undefined)
      return { state: 'partial', reason: 'the former one is being deleted' };
    if (vip !== wanted)
      return { state: 'partial', reason: `ModuleInfo ${MODULE_NAME} points at ${vip ?? 'nothing'}, not at ${wanted}` };
    const module = await wantedModule(context, direction);
    if (hashInputs(fieldAt(found, 'spec', 'config')) !== hashInputs(fieldAt(module, 'spec', 'config')))
      return { state: 'partial', reason: `ModuleInfo ${MODULE_NAME} has another token or setting than is wanted` };
    return { state: 'done', reason: `ModuleInfo ${MODULE_NAME} points at ${wanted}` };
  };
  return {
    id: `${prefix}synchronizer`,
    title: `Install the synchronizer on the ${to} side, reading the ${from} side`,
    timeoutMs: 15 * MINUTE_MS,
    inputs: ({ run }) =>
      Promise.resolve([vipOf(run.pair, from), vipOf(run.pair, to), run.pair[to].loaded.site.dr?.etcdSyncVersion]),
    probe: look,
    plan: () => Promise.resolve([{ action: 'create', subject: `ModuleInfo ${MODULE_NAME} on the ${to} side` }]),
    act: async (context, { effects, signal }) => {
      const module = await wantedModule(context, direction);
      await effects.perform({
        effect: `create ModuleInfo ${MODULE_NAME} on the ${to} side`,
        inputs: hashInputs(module),
        observe: async () => (await look(context)).state === 'done',
        run: () => createOrReplace(context, to, module, signal),
      });
    },
  };
}

/** The guide's POST, as the standby's administrator; where the object exists, it is brought to what is wanted. */
async function createOrReplace(
  context: DrContext,
  to: SideName,
  module: KubeObject,
  signal: AbortSignal,
): Promise<void> {
  const client = await context.sides.asAdmin(to, signal);
  try {
    await client.create(resources.moduleInfoes, module, { signal });
  } catch (error) {
    if (!isKubeReason(error, 'AlreadyExists')) throw error;
    const body = { metadata: { labels: module.metadata.labels }, spec: module['spec'] };
    await client.patch(resources.moduleInfoes, { name: MODULE_NAME }, { type: 'merge', body }, { signal });
  }
}

function awaitSync<Context extends DrContext>({ from, to, prefix = '' }: SyncDirection<Context>): Step<Context> {
  const look = async (context: Context): Promise<true | string> => {
    const { signal } = context.run;
    const client = await context.sides.client(to);
    const deployment = await client.find(
      resources.deployments,
      { name: 'etcd-sync', namespace: PLATFORM_NAMESPACE },
      signal,
    );
    if (!deployment) return 'Deployment etcd-sync is not there yet';
    if (conditionOf(deployment, 'Available')?.status !== 'True') return 'Deployment etcd-sync is not available yet';
    try {
      const check = await context.check(to, signal);
      if (check.consistent) return true;
      const gate = syncGate(check);
      // Surplus keys stay until somebody has looked at them, so they are named.
      const shown = gate.details.slice(0, KEYS_SHOWN);
      const more = gate.details.length > shown.length ? [`and ${String(gate.details.length - shown.length)} more`] : [];
      return [gate.observed, ...shown, ...more].join('; ');
    } catch (error) {
      if (signal.aborted) throw error;
      return toGlobalctlError(error).message;
    }
  };
  return {
    id: `${prefix}wait-sync`,
    title: `Wait until the ${to} side is the same as the ${from} side`,
    timeoutMs: 60 * MINUTE_MS,
    inputs: ({ run }) => Promise.resolve([vipOf(run.pair, from), vipOf(run.pair, to)]),
    probe: async (context) => {
      if (!(await context.sides.reachable(to, context.run.signal)))
        return { state: 'absent', reason: `the ${to} side does not answer yet` };
      const seen = await look(context);
      return seen === true
        ? { state: 'done', reason: 'no missed and no surplus keys' }
        : { state: 'absent', reason: seen };
    },
    act: () => Promise.resolve(),
    wait: (context, run) => context.until(`${prefix}wait-sync`, `the ${to} side`, run, () => look(context)),
  };
}
