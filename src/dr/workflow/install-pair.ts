import { EventStream, type StampedEvent } from '../../base/index.ts';
import {
  Installation,
  readHandoffRecord,
  type Probe,
  type Step,
  type StepPlan,
  type StepRun,
} from '../../install/index.ts';
import { PLATFORM_NAMESPACE, resources } from '../../kube/index.ts';
import { refuseErrors } from '../../site/index.ts';
import { checkPair } from '../check/check-pair.ts';
import { platformDomain, sideNames, vipOf, type SideName } from '../pair.ts';
import { deletePods, restartSelectors } from '../sync/pods.ts';
import { DrContext } from './context.ts';
import { planWorkflow, runJournaled, type Workflow } from './journaled.ts';
import type { PairRun } from './pair-run.ts';
import { syncSteps } from './sync-steps.ts';

const MINUTE_MS = 60_000;
const INSTALL_TIMEOUT_MS = 12 * 60 * MINUTE_MS;
/** A person may be the one who switches the domain. */
const DOMAIN_TIMEOUT_MS = 8 * 60 * MINUTE_MS;

class InstallPairContext extends DrContext {
  readonly installations: Readonly<Record<SideName, Installation | undefined>>;

  constructor(run: PairRun) {
    super(run);
    this.installations = { primary: this.#installation('primary'), standby: this.#installation('standby') };
  }

  /** Absent for a side whose kubeconfig was given: it was installed from another host. */
  #installation(side: SideName): Installation | undefined {
    if (this.run.kubeconfigs?.[side] !== undefined) return undefined;
    const { clock, redactor, signal, pair, events } = this.run;
    return new Installation({ ...pair[side], clock, redactor, signal, events: forwarded(events, side) });
  }

  /** Whether a side stands: what its own installation says, or that its nodes are ready. */
  async isInstalled(side: SideName): Promise<Probe> {
    const client = await this.sides.reachable(side, this.run.signal);
    if (!client) return { state: 'absent', reason: `the API of the ${side} side does not answer yet` };
    const installation = this.installations[side];
    if (!installation) return { state: 'done', reason: `the ${side} side was installed from another host and answers` };
    // Once minialauda is retired its installer cannot be asked, and must not be set up anew to be asked.
    const retired = (await readHandoffRecord(installation.context)) !== undefined;
    const criteria = (await installation.verify()).filter(({ id }) => !(retired && id === 'installer'));
    const open = criteria.filter(({ ok }) => !ok);
    return open.length === 0
      ? { state: 'done', reason: `the ${side} side meets every criterion` }
      : { state: 'partial', reason: open.map(({ title, observed }) => `${title}: ${observed}`).join('; ') };
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    for (const side of sideNames) await this.installations[side]?.[Symbol.asyncDispose]();
    await super[Symbol.asyncDispose]();
  }
}

/** Events of one side's installation, under the name of that side; its beginning and end are those of a step here. */
function forwarded(events: EventStream, side: SideName): EventStream {
  const inner = new EventStream();
  inner.subscribe((event: StampedEvent) => {
    if (event.type === 'run-started' || event.type === 'run-finished') return;
    const { time: _time, ...rest } = event;
    events.emit('step' in rest ? { ...rest, step: `${side}/${rest.step}` } : rest);
  });
  return inner;
}

const checkStep: Step<InstallPairContext> = {
  id: 'check',
  title: 'Check that the two sites are a pair',
  timeoutMs: 10 * MINUTE_MS,
  inputs: ({ run }) => Promise.resolve(sideNames.map((side) => run.pair[side].loaded.text)),
  probe: async ({ run }) => {
    const { loaded } = run.pair.standby;
    const findings = await checkPair(run.pair, run.clock.now());
    refuseErrors(findings, loaded.path);
    return { state: 'done', reason: 'equal where they must be, distinct where they must be' };
  },
  act: () => Promise.resolve(),
};

function domainStep(
  id: string,
  side: SideName,
  isPast: (context: InstallPairContext) => Promise<boolean>,
): Step<InstallPairContext> {
  return {
    id,
    title: `Lead the platform domain to the ${side} side`,
    timeoutMs: DOMAIN_TIMEOUT_MS,
    inputs: ({ run }) => Promise.resolve([platformDomain(run.pair), vipOf(run.pair, side)]),
    probe: async (context) => {
      if (await isPast(context)) return { state: 'done', reason: 'what it is needed for is done' };
      const { ok, observed } = await context.domainLeadsTo(side);
      return { state: ok ? 'done' : 'absent', reason: observed };
    },
    plan: ({ run }) =>
      Promise.resolve([{ action: 'change', subject: `${platformDomain(run.pair)} -> ${vipOf(run.pair, side)}` }]),
    act: (context, run) => context.switchDomain(id, side, run),
  };
}

function installStep(side: SideName): Step<InstallPairContext> {
  return {
    id: `install-${side}`,
    title: `Steps 1 to 9 on the ${side} side`,
    timeoutMs: INSTALL_TIMEOUT_MS,
    inputs: ({ run }) => Promise.resolve(run.pair[side].loaded.text),
    probe: (context) => context.isInstalled(side),
    plan: ({ installations, run }) =>
      Promise.resolve([
        {
          action: 'run',
          subject: installations[side]
            ? `globalctl install -f ${run.pair[side].loaded.path}`
            : `the ${side} side must be installed from its own host`,
        },
      ]),
    act: async (context) => {
      const { version, runId, timeoutMs } = context.run;
      await context.installations[side]?.run({ command: 'dr install', version, runId: `${runId}-${side}`, timeoutMs });
      await context.sides.forget(side);
    },
    wait: (context, run) =>
      context.until(`install-${side}`, `the ${side} side`, run, async () => {
        const { state, reason } = await context.isInstalled(side);
        return state === 'done' ? true : reason;
      }),
  };
}

const restartStep: Step<InstallPairContext> = {
  id: 'restart-pods',
  title: 'Restart the Pods that read disaster recovery settings, on both sides',
  timeoutMs: 15 * MINUTE_MS,
  inputs: ({ run }) => Promise.resolve(sideNames.map((side) => vipOf(run.pair, side))),
  probe: ({ said }) =>
    Promise.resolve(
      said.has('restart-pods')
        ? { state: 'done', reason: 'restarted' }
        : { state: 'absent', reason: 'a restart leaves no trace; the journal knows' },
    ),
  plan: () =>
    Promise.resolve(
      sideNames.flatMap((side) =>
        restartSelectors.map((selector) => ({
          action: 'run' as const,
          subject: `delete Pods ${selector} on the ${side} side`,
        })),
      ),
    ),
  act: async (context, { effects, signal }) => {
    for (const side of sideNames)
      for (const selector of restartSelectors)
        await effects.perform({
          effect: `delete Pods ${selector} on the ${side} side`,
          inputs: [side, selector],
          observe: (history) => Promise.resolve(history === 'ended'),
          run: async () => {
            const count = await deletePods(await context.sides.client(side), selector, signal);
            context.run.events.log('info', `${side}: ${String(count)} Pods of ${selector} deleted`);
          },
        });
    context.said.add('restart-pods');
  },
};

const verifyStep: Step<InstallPairContext> = {
  id: 'verify',
  title: 'Verify both sides, the domain and the synchronisation',
  timeoutMs: 30 * MINUTE_MS,
  inputs: () => Promise.resolve([]),
  probe: async (context) => {
    const reasons: string[] = [];
    for (const side of sideNames) {
      const { state, reason } = await context.isInstalled(side);
      if (state !== 'done') return { state: 'partial', reason };
      reasons.push(reason);
    }
    const domain = await context.domainLeadsTo('primary');
    if (!domain.ok) return { state: 'partial', reason: domain.observed };
    const client = await context.sides.client('standby');
    const gate = await client.find(
      resources.configMaps,
      { name: 'etcd-sync-gate', namespace: PLATFORM_NAMESPACE },
      context.run.signal,
    );
    if (!gate)
      return {
        state: 'partial',
        reason: 'the standby side has no sync gate: its providers would work on synchronised objects',
      };
    return { state: 'done', reason: [...reasons, domain.observed].join('; ') };
  },
  act: () => Promise.resolve(),
  wait: (context, run: StepRun) =>
    context.until('verify', 'both sides', run, async () => {
      const { state, reason } = await verifyStep.probe(context);
      return state === 'done' ? true : reason;
    }),
};

function workflowOf(context: InstallPairContext): Workflow<InstallPairContext> {
  const installed =
    (side: SideName) =>
    async (seen: InstallPairContext): Promise<boolean> =>
      (await seen.isInstalled(side)).state === 'done';
  return {
    command: 'dr install',
    journal: 'install',
    context,
    steps: [
      checkStep,
      domainStep('domain-primary', 'primary', installed('primary')),
      installStep('primary'),
      domainStep('domain-standby', 'standby', installed('standby')),
      installStep('standby'),
      ...syncSteps<InstallPairContext>({ from: 'primary', to: 'standby', beforeWait: [restartStep] }),
      domainStep('domain-back', 'primary', () => Promise.resolve(false)),
      verifyStep,
    ],
  };
}

/**
 * Both sides in the guide's order (disaster-recovery §4): the primary with the domain on it, then the standby with the domain on it,
 * the synchronizer on the standby, the Pods of both sides anew, the first synchronisation, the domain back to the primary.
 * Throws the first failure; running it again goes on where it stopped.
 */
export async function installPair(run: PairRun): Promise<void> {
  await using context = new InstallPairContext(run);
  await runJournaled(run, workflowOf(context));
}

/** What `installPair` would do now. Changes nothing. */
export async function planInstallPair(run: PairRun): Promise<StepPlan[]> {
  await using context = new InstallPairContext(run);
  return await planWorkflow(workflowOf(context));
}
