import { GlobalctlError } from '../../base/index.ts';
import type { Probe, Step } from '../../install/index.ts';
import {
  conditionOf,
  fieldAt,
  isKubeReason,
  PLATFORM_NAMESPACE,
  resources,
  type KubeClient,
} from '../../kube/index.ts';
import { describeMachine, gatesText, requireOpen } from '../gates/index.ts';
import { platformDomain, vipOf, type SideName } from '../pair.ts';
import { MODULE_NAME } from '../sync/module-info.ts';
import { SYNC_SELECTOR, waitUntilSyncGone } from '../sync/pods.ts';
import { fence, isFenced, isPaused, release, workloadClusters } from './fence.ts';
import { SYNC_GATE } from './roles.ts';
import type { SwitchContext } from './switch-context.ts';

const MINUTE_MS = 60_000;
const DOMAIN_TIMEOUT_MS = 8 * 60 * MINUTE_MS;

type SwitchStep = Step<SwitchContext>;

const sidesOf = ({ state }: SwitchContext): Promise<unknown> => Promise.resolve([state.kind, state.from, state.to]);

/** A step that makes sense only while the sides are synchronised; once that has ended it counts as done. */
export function beforeStop(step: SwitchStep): SwitchStep {
  return {
    ...step,
    probe: async (context) =>
      context.isPastSync
        ? { state: 'done', reason: 'the synchronizer was stopped after it' }
        : await step.probe(context),
  };
}

/** Stops the switch and lists what is behind each closed gate. */
export function gateStep(id: string, title: string): SwitchStep {
  return beforeStop({
    id,
    title,
    timeoutMs: 30 * MINUTE_MS,
    inputs: sidesOf,
    probe: async (context) => {
      const gates = await context.gates(context.run.signal);
      return gates.every(({ ok }) => ok)
        ? { state: 'done', reason: gates.map(({ observed }) => observed).join('; ') }
        : { state: 'absent', reason: gatesText(gates) };
    },
    act: async (context, { signal }) => requireOpen(await context.gates(signal)),
  });
}

/** Pauses every workload Cluster of a side, so that its providers stop at the owning resources. */
export function fenceStep(id: string, sideOf: (context: SwitchContext) => SideName): SwitchStep {
  return beforeStop({
    id,
    title: 'Fence: pause the workload clusters of the side that steps back',
    timeoutMs: 15 * MINUTE_MS,
    inputs: sidesOf,
    probe: async (context) => {
      const side = sideOf(context);
      const client = await context.sides.reachable(side, context.run.signal);
      if (!client) return { state: 'absent', reason: `the ${side} side does not answer` };
      const clusters = await workloadClusters(client, context.run.signal);
      const open = clusters.filter((cluster) => !isPaused(cluster));
      return open.length === 0
        ? { state: 'done', reason: `${String(clusters.length)} workload clusters, all paused` }
        : { state: 'absent', reason: `not paused: ${open.map(({ metadata }) => metadata.name).join(', ')}` };
    },
    plan: async (context) => {
      const client = await context.sides.reachable(sideOf(context), context.run.signal);
      const clusters = client ? await workloadClusters(client, context.run.signal) : [];
      return clusters
        .filter((cluster) => !isPaused(cluster))
        .map(({ metadata }) => ({
          action: 'change',
          subject: `spec.paused of Cluster ${metadata.namespace ?? ''}/${metadata.name ?? ''}`,
        }));
    },
    act: async (context, { effects, signal }) => {
      const side = sideOf(context);
      const client = await context.sides.client(side);
      for (const cluster of await workloadClusters(client, signal)) {
        const { name = '', namespace = '', uid } = cluster.metadata;
        // One that a person paused is no work of ours, and is not released later.
        if (isPaused(cluster)) continue;
        await effects.perform({
          effect: `pause Cluster ${namespace}/${name} on the ${side} side`,
          inputs: { uid },
          observe: async () => {
            const found = await client.find(resources.clusters, { name, namespace }, signal);
            return found === undefined || isPaused(found);
          },
          run: () => fence(client, cluster, context.state.startedAt, signal),
        });
      }
    },
  });
}

/** Waits until the standby shows everything that was written before the fence. */
export const drainStep: SwitchStep = beforeStop({
  id: 'drain',
  title: 'Wait until the synchronizer has carried over everything',
  timeoutMs: 60 * MINUTE_MS,
  inputs: sidesOf,
  probe: async (context) => {
    const seen = await context.tryCheck(context.state.to, context.run.signal);
    if (!('consistent' in seen)) return { state: 'absent', reason: seen.reason };
    const { counts, consistent, sourceRevision, askedRevision } = seen;
    if (sourceRevision < askedRevision)
      return { state: 'absent', reason: `${String(askedRevision - sourceRevision)} revisions behind` };
    return consistent
      ? { state: 'done', reason: `the same at revision ${String(sourceRevision)}` }
      : {
          state: 'absent',
          reason: `${String(counts.missed)} missed, ${String(counts.surplus)} surplus, ${String(counts.unlike)} other`,
        };
  },
  act: () => Promise.resolve(),
  wait: (context, run) =>
    context.until('drain', 'the synchronizer', run, async () => {
      const { state, reason } = await drainStep.probe(context);
      return state === 'done' ? true : reason;
    }),
});

async function syncState(client: KubeClient, signal: AbortSignal): Promise<Probe> {
  const [module, pods] = await Promise.all([
    client.find(resources.moduleInfoes, { name: MODULE_NAME }, signal),
    client.list(resources.pods, { namespace: PLATFORM_NAMESPACE, labelSelector: SYNC_SELECTOR, signal }),
  ]);
  if (!module && pods.items.length === 0) return { state: 'done', reason: 'no synchronizer is there any more' };
  return {
    state: 'absent',
    reason: `${module ? `ModuleInfo ${MODULE_NAME}, ` : ''}${String(pods.items.length)} Pods of the synchronizer`,
  };
}

/** Uninstalls the synchronizer and waits until its last Pod is gone: two writers must never meet. */
export const stopSyncStep: SwitchStep = {
  id: 'stop-sync',
  title: 'Stop the synchronizer',
  timeoutMs: 15 * MINUTE_MS,
  inputs: sidesOf,
  probe: async (context) => await syncState(await context.sides.client(context.state.to), context.run.signal),
  plan: ({ state }) =>
    Promise.resolve([{ action: 'change', subject: `delete ModuleInfo ${MODULE_NAME} on the ${state.to} side` }]),
  act: async (context, { effects, signal }) => {
    const { to } = context.state;
    const client = await context.sides.client(to);
    const ref = { name: MODULE_NAME };
    await effects.perform({
      effect: `delete ModuleInfo ${MODULE_NAME} on the ${to} side`,
      inputs: { to },
      observe: async () => (await client.find(resources.moduleInfoes, ref, signal)) === undefined,
      run: () => client.delete(resources.moduleInfoes, ref, { signal }),
    });
    await waitUntilSyncGone(client, signal);
  },
};

/** Removes the sync gate, once nothing is synchronised any more: from here the providers of the side work on everything. */
export const clearGateStep: SwitchStep = {
  id: 'clear-gate',
  title: 'Clear the sync gate',
  timeoutMs: 5 * MINUTE_MS,
  inputs: sidesOf,
  probe: async (context) => {
    const client = await context.sides.client(context.state.to);
    const found = await client.find(resources.configMaps, SYNC_GATE, context.run.signal);
    return found
      ? { state: 'absent', reason: 'the sync gate stands' }
      : { state: 'done', reason: 'no sync gate stands' };
  },
  plan: ({ state }) =>
    Promise.resolve([
      {
        action: 'change',
        subject: `delete ConfigMap ${SYNC_GATE.namespace}/${SYNC_GATE.name} on the ${state.to} side`,
      },
    ]),
  act: async (context, { effects, signal }) => {
    const client = await context.sides.client(context.state.to);
    const stopped = await syncState(client, signal);
    if (stopped.state !== 'done')
      throw new GlobalctlError('DR_GATE_CLOSED', {
        message: 'the sync gate stays: a synchronizer is there again',
        found: stopped.reason,
        hint: 'Run the same command again; it stops the synchronizer first.',
      });
    await effects.perform({
      effect: `delete ConfigMap ${SYNC_GATE.name} on the ${context.state.to} side`,
      inputs: context.state.startedAt,
      observe: async () => (await client.find(resources.configMaps, SYNC_GATE, signal)) === undefined,
      run: async () => {
        try {
          await client.delete(resources.configMaps, SYNC_GATE, { signal });
        } catch (error) {
          if (!isKubeReason(error, 'NotFound')) throw error;
        }
      },
    });
  },
};

/** Leads the platform domain to the side that becomes active. */
export const switchDomainStep: SwitchStep = {
  id: 'domain',
  title: 'Lead the platform domain to the new active side',
  timeoutMs: DOMAIN_TIMEOUT_MS,
  inputs: sidesOf,
  probe: async (context) => {
    const { ok, observed } = await context.domainLeadsTo(context.state.to);
    return { state: ok ? 'done' : 'absent', reason: observed };
  },
  plan: ({ run, state }) =>
    Promise.resolve([{ action: 'change', subject: `${platformDomain(run.pair)} -> ${vipOf(run.pair, state.to)}` }]),
  act: (context, run) => context.switchDomain('domain', context.state.to, run),
};

/** Releases the Clusters that a fence had paused; those that a person paused stay paused. */
export const promoteStep: SwitchStep = {
  id: 'promote',
  title: 'Promote: release the workload clusters on the new active side',
  timeoutMs: 15 * MINUTE_MS,
  inputs: sidesOf,
  probe: async (context) => {
    const clusters = await workloadClusters(await context.sides.client(context.state.to), context.run.signal);
    const fenced = clusters.filter(isFenced);
    return fenced.length === 0
      ? { state: 'done', reason: `${String(clusters.length)} workload clusters, none fenced` }
      : { state: 'absent', reason: `fenced: ${fenced.map(({ metadata }) => metadata.name).join(', ')}` };
  },
  act: async (context, { effects, signal }) => {
    const client = await context.sides.client(context.state.to);
    for (const cluster of (await workloadClusters(client, signal)).filter(isFenced)) {
      const { name = '', namespace = '', uid } = cluster.metadata;
      await effects.perform({
        effect: `release Cluster ${namespace}/${name} on the ${context.state.to} side`,
        inputs: { uid },
        observe: async () => {
          const found = await client.find(resources.clusters, { name, namespace }, signal);
          return found === undefined || !isFenced(found);
        },
        run: () => release(client, cluster, signal),
      });
    }
  },
};

/** Providers run, workload objects are worked on, and every machine that was there before is there and runs. */
export const verifySwitchStep: SwitchStep = {
  id: 'verify',
  title: 'Verify providers, workload objects and every machine on the new active side',
  timeoutMs: 45 * MINUTE_MS,
  inputs: sidesOf,
  probe: async (context) => {
    const { to, machines: before } = context.state;
    const { signal } = context.run;
    const client = await context.sides.client(to);
    const domain = await context.domainLeadsTo(to);
    if (!domain.ok) return { state: 'partial', reason: domain.observed };
    const { machines } = await context.live(to, signal);
    const now = new Map(machines.map((machine) => [machine.uid, machine]));
    const lost = before.filter(({ uid }) => now.get(uid)?.deleting !== false);
    if (lost.length > 0)
      return {
        state: 'partial',
        reason: `${String(lost.length)} machines lost: ${lost.map(describeMachine).join('; ')}`,
      };
    const waiting = machines
      .filter(({ phase }) => phase !== 'Running')
      .map((machine) => `${machine.name} is ${machine.phase}`);
    const { items } = await client.list(resources.deployments, { namespace: PLATFORM_NAMESPACE, signal });
    for (const deployment of items)
      if (conditionOf(deployment, 'Available')?.status !== 'True')
        waiting.push(`Deployment ${deployment.metadata.name ?? '?'} is not available`);
    for (const cluster of await workloadClusters(client, signal)) {
      const observed = fieldAt(cluster, 'status', 'observedGeneration');
      if (typeof observed === 'number' && observed < (cluster.metadata.generation ?? 0))
        waiting.push(`Cluster ${cluster.metadata.name ?? '?'} is not worked on yet`);
    }
    if (waiting.length > 0) return { state: 'partial', reason: waiting.join('; ') };
    return {
      state: 'done',
      reason: `${String(before.length)} machines were there before and all run; ${domain.observed}`,
    };
  },
  act: () => Promise.resolve(),
  wait: async (context, run) => {
    await context.until('verify', 'the new active side', run, async () => {
      const { to, machines: before } = context.state;
      const { machines } = await context.live(to, run.signal);
      const now = new Map(machines.map((machine) => [machine.uid, machine]));
      const lost = before.filter(({ uid }) => now.get(uid)?.deleting !== false);
      // Waiting would only make it worse: deletion goes on.
      if (lost.length > 0)
        throw new GlobalctlError('DR_MACHINES_LOST', {
          message: `${String(lost.length)} of ${String(before.length)} machines are lost or marked as deleted`,
          subject: `${to} side`,
          found: lost.map(describeMachine).join('\n'),
        });
      const { state, reason } = await verifySwitchStep.probe(context);
      return state === 'done' ? true : reason;
    });
  },
};
