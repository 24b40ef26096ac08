import { GlobalctlError } from '../../base/index.ts';
import type { Step, StepPlan } from '../../install/index.ts';
import { readLive, type DrGate } from '../gates/index.ts';
import { otherSide, sideNames, vipOf, type SideName } from '../pair.ts';
import type { SyncCheck, SyncUnable } from '../sync/monitor.ts';
import { DrContext } from './context.ts';
import { planWorkflow, runJournaled, type Workflow } from './journaled.ts';
import type { PairRun } from './pair-run.ts';
import { readRoles, requireStandby } from './roles.ts';
import { SwitchContext } from './switch-context.ts';
import { beginSwitch, openSwitch, type SwitchKind, type SwitchState } from './switch-state.ts';
import {
  beforeStop,
  clearGateStep,
  drainStep,
  fenceStep,
  gateStep,
  promoteStep,
  stopSyncStep,
  switchDomainStep,
  verifySwitchStep,
} from './switch-steps.ts';
import { syncSteps } from './sync-steps.ts';

export interface SwitchOptions {
  /** Ids of closed gates to go through all the same, each named: `machines-standby`. */
  readonly acceptGates?: readonly string[] | undefined;
}

/** A switch as it would go, before anything is changed. */
export interface SwitchPreview {
  readonly kind: SwitchKind;
  readonly from: SideName;
  readonly to: SideName;
  /** An earlier run began it; it goes on with what that one had not done. */
  readonly resumed: boolean;
  readonly gates: readonly DrGate[];
  /** What the synchronizer says: the comparison, or up to where the standby follows and the last comparison. */
  readonly sync: SyncCheck | SyncUnable;
  readonly steps: readonly StepPlan[];
}

type Prepared = Omit<SwitchState, 'id'> & { readonly id?: string };

/** Which way a switch goes: that of an open one of its kind, else what the roles as they are found say. */
async function prepare(run: PairRun, kind: SwitchKind): Promise<Prepared> {
  const open = await openSwitch(run.stateFolder);
  if (open && open.kind !== kind)
    throw new GlobalctlError('DR_PAIR', {
      message: `a ${open.kind} of ${open.startedAt} has not ended`,
      subject: open.id,
      expected: `globalctl dr ${open.kind}, to its end`,
      found: `globalctl dr ${kind}`,
      hint: `Go on with it: globalctl dr ${open.kind}.`,
    });
  if (open) return open;
  await using context = new DrContext(run);
  const to =
    kind === 'failback' ? await returnedSide(context) : requireStandby(await readRoles(context.sides, run.signal));
  const from = otherSide(to);
  // Workload machines are those of the active side as long as that can say; each side's own stay where they are.
  const active = await context.sides.reachable(from, run.signal);
  const own = await readLive(await context.sides.client(to), run.pair[to].provider, run.signal);
  const known = active ? await readLive(active, run.pair[from].provider, run.signal) : own;
  const machines = [
    ...own.machines.filter(({ cluster }) => cluster === 'global'),
    ...known.machines.filter(({ cluster }) => cluster !== 'global'),
  ];
  const startedAt = new Date(run.clock.now()).toISOString();
  return { kind, from, to, startedAt, machines };
}

/** The side that was lost and is back: both sides show themselves active, and the platform domain leads to the other. */
async function returnedSide(context: DrContext): Promise<SideName> {
  const roles = await readRoles(context.sides, context.run.signal);
  const silent = sideNames.find((side) => !roles[side].reachable);
  if (silent !== undefined)
    throw new GlobalctlError('DR_PAIR', {
      message: `the ${silent} side does not answer yet`,
      subject: vipOf(context.run.pair, silent),
      expected: 'both sides up',
      hint: 'Bring it back first; until then nothing can follow the active side.',
    });
  const standby = sideNames.find((side) => roles[side].standbySince !== undefined);
  if (standby !== undefined)
    throw new GlobalctlError('DR_PAIR', {
      message: `there is nothing to fail back: the ${standby} side is the standby of the other`,
      hint: 'To make it active: globalctl dr switchover.',
    });
  for (const side of sideNames) if ((await context.domainLeadsTo(side)).ok) return otherSide(side);
  throw new GlobalctlError('DR_DOMAIN', {
    message: 'both sides take themselves for the active one, and the platform domain leads to neither',
    expected: 'the domain leads to the side that took over',
  });
}

const stepsOf = (state: Prepared): readonly Step<SwitchContext>[] => {
  const { kind, from, to } = state;
  const ending = [stopSyncStep, clearGateStep, switchDomainStep, promoteStep, verifySwitchStep];
  const planned = [
    gateStep('gate-before', 'Look at every gate before anything is changed'),
    fenceStep('fence', () => from),
    drainStep,
    gateStep('gate', 'Consistency gate: both sides the same, every machine running, nothing unprefixed'),
    ...ending,
    ...syncSteps<SwitchContext>({ from: to, to: from, prefix: 'reverse-' }),
  ];
  switch (kind) {
    case 'switchover':
      return planned;
    case 'failback':
      return [
        fenceStep('fence-returned', () => to),
        ...syncSteps<SwitchContext>({ from, to, prefix: 'back-' }).map(beforeStop),
        ...planned,
      ];
    case 'failover':
      return [lostStep, gateStep('gate', 'Gates that can be looked at without the lost side'), ...ending];
  }
};

/** A failover is for a side that is gone; one that answers is switched over, which loses nothing. */
const lostStep: Step<SwitchContext> = {
  id: 'lost',
  title: 'Make sure that the active side is gone',
  timeoutMs: 120_000,
  inputs: ({ state }) => Promise.resolve([state.from, state.to]),
  probe: async (context) => {
    const { from } = context.state;
    if (context.isPastSync) return { state: 'done', reason: 'looked at before' };
    const answers = await context.sides.reachable(from, context.run.signal);
    if (!answers)
      return { state: 'done', reason: `the ${from} side (${vipOf(context.run.pair, from)}) does not answer` };
    throw new GlobalctlError('DR_GATE_CLOSED', {
      message: `the ${from} side answers: a failover would leave two active sides`,
      subject: vipOf(context.run.pair, from),
      hint: 'Switch over, which loses nothing: globalctl dr switchover.',
    });
  },
  act: () => Promise.resolve(),
};

function workflowOf(context: SwitchContext, state: Prepared): Workflow<SwitchContext> {
  return { command: `dr ${state.kind}`, journal: state.id ?? state.kind, steps: stepsOf(state), context };
}

/** What a switch would do now: gates, lag and steps as they are found. Changes nothing. */
export async function previewSwitch(
  run: PairRun,
  kind: SwitchKind,
  options: SwitchOptions = {},
): Promise<SwitchPreview> {
  const state = await prepare(run, kind);
  await using context = new SwitchContext(run, state, options.acceptGates);
  const reader = kind === 'failback' ? undefined : await context.sides.reachable(state.to, run.signal);
  const sync: SyncCheck | SyncUnable = reader
    ? await context.tryCheck(state.to, run.signal)
    : { reason: 'the returned side is not synchronised yet' };
  const gates = kind === 'failback' ? [] : failoverGates(kind, await context.gates(run.signal), context);
  return {
    kind,
    from: state.from,
    to: state.to,
    resumed: state.id !== undefined,
    gates,
    sync,
    steps: await planWorkflow(workflowOf(context, state)),
  };
}

/** What no look can tell without the lost side is what the confirmation is about, not a gate. */
function failoverGates(kind: SwitchKind, gates: readonly DrGate[], context: SwitchContext): readonly DrGate[] {
  return kind === 'failover' && context.accepted.has('sync') ? gates.filter(({ id }) => id !== 'sync') : gates;
}

async function runSwitch(run: PairRun, kind: SwitchKind, options: SwitchOptions): Promise<SwitchState> {
  const prepared = await prepare(run, kind);
  const state =
    'id' in prepared && prepared.id !== undefined
      ? { ...prepared, id: prepared.id }
      : await beginSwitch(run.stateFolder, prepared);
  await using context = new SwitchContext(run, state, options.acceptGates);
  run.events.log(
    'info',
    `${state.id}: from the ${state.from} side to the ${state.to} side, ${String(state.machines.length)} machines`,
  );
  await runJournaled(run, workflowOf(context, state));
  return state;
}

/**
 * Planned: fences the active side, waits until the standby has everything, passes the gate, and makes the standby active; the former
 * active side follows it afterwards. Throws DR_GATE_CLOSED with what is behind a closed gate, DR_MACHINES_LOST; running it again goes on.
 */
export async function switchover(run: PairRun, options: SwitchOptions = {}): Promise<SwitchState> {
  return await runSwitch(run, 'switchover', options);
}

/**
 * The active side is gone: makes the standby active with what it holds. The caller has told people what is lost (`previewSwitch`),
 * and names gate `sync` as accepted, which cannot open without the lost side.
 */
export async function failover(run: PairRun, options: SwitchOptions = {}): Promise<SwitchState> {
  return await runSwitch(run, 'failover', options);
}

/** The lost side is back: fences it first thing, lets it follow the active side, then switches over to it. */
export async function failback(run: PairRun, options: SwitchOptions = {}): Promise<SwitchState> {
  return await runSwitch(run, 'failback', options);
}
