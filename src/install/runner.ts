import {
  GlobalctlError,
  isGlobalctlError,
  toGlobalctlError,
  withDeadline,
  type Clock,
  type EventStream,
} from '../base/index.ts';
import { Effects, hashInputs } from './effects.ts';
import type { Journal, JournalRecord } from './journal.ts';
import type { PlannedChange, Probe, Step } from './step.ts';

export interface RunSelection {
  /** First step to run; the ones before are taken as they are. */
  readonly from?: string | undefined;
  /** Last step to run. */
  readonly until?: string | undefined;
}

export interface RunnerOptions<Context> {
  readonly steps: readonly Step<Context>[];
  readonly context: Context;
  readonly journal: Journal;
  readonly events: EventStream;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly runId: string;
  readonly command: string;
  readonly site: string;
  readonly version: string;
  /** Limit per step; each step's own when absent. */
  readonly timeoutMs?: number | undefined;
  readonly select?: RunSelection;
  /** What to say when a step ran into its deadline: the diagnosis of its stall. */
  readonly diagnose?: (step: string) => Promise<string | undefined>;
}

/** The steps of a selection. Throws STEP_UNKNOWN. */
export function selectSteps<C>(steps: readonly Step<C>[], select: RunSelection = {}): readonly Step<C>[] {
  const indexOf = (id: string): number => {
    const index = steps.findIndex((s) => s.id === id);
    if (index < 0)
      throw new GlobalctlError('STEP_UNKNOWN', {
        message: `no step is called ${id}`,
        expected: steps.map((s) => s.id).join(', '),
        found: id,
      });
    return index;
  };
  const first = select.from === undefined ? 0 : indexOf(select.from);
  const last = select.until === undefined ? steps.length - 1 : indexOf(select.until);
  return steps.slice(first, last + 1);
}

/**
 * Runs steps in order: look, act, wait, look again. The world is trusted before the journal; a changed input to a finished
 * step is said aloud. Throws the first failure after recording it; every event and record is out by then.
 */
export async function runSteps<Context>(options: RunnerOptions<Context>): Promise<void> {
  const { journal, events, clock, signal, runId } = options;
  const chosen = selectSteps(options.steps, options.select);
  const startedMs = clock.now();
  const resumed = journal.records.some((r) => r.type === 'step-started');
  await journal.append({ type: 'run-started', runId, site: options.site, version: options.version });
  events.emit({ type: 'run-started', runId, command: options.command, site: options.site, resumed });
  try {
    for (const step of chosen) await runStep(step, options.steps.indexOf(step), options);
  } catch (thrown) {
    const error =
      signal.aborted && !isGlobalctlError(thrown, 'CANCELLED')
        ? new GlobalctlError('CANCELLED', { message: 'interrupted', cause: thrown })
        : toGlobalctlError(thrown);
    const outcome = error.code === 'CANCELLED' ? 'interrupted' : 'failed';
    await journal.append({ type: 'run-finished', runId, outcome, code: error.code });
    events.emit({ type: 'run-finished', outcome, durationMs: clock.now() - startedMs, error: error.toJSON() });
    throw error;
  }
  await journal.append({ type: 'run-finished', runId, outcome: 'succeeded' });
  events.emit({ type: 'run-finished', outcome: 'succeeded', durationMs: clock.now() - startedMs });
}

async function runStep<Context>(step: Step<Context>, index: number, options: RunnerOptions<Context>): Promise<void> {
  const { journal, events, clock, signal, context } = options;
  const startedMs = clock.now();
  events.emit({
    type: 'step-started',
    step: step.id,
    title: step.title,
    index: index + 1,
    count: options.steps.length,
  });
  const finish = (outcome: 'done' | 'already-done' | 'failed', error?: GlobalctlError): void =>
    events.emit({
      type: 'step-finished',
      step: step.id,
      outcome,
      durationMs: clock.now() - startedMs,
      ...(error && { error: error.toJSON() }),
    });
  try {
    if (signal.aborted) throw new GlobalctlError('CANCELLED', { message: 'interrupted' });
    const inputs = hashInputs(await step.inputs(context));
    const finished = lastFinish(journal.records, step.id);
    const before = await step.probe(context);
    if (finished !== undefined && finished.inputs !== inputs) {
      await journal.append({ type: 'input-changed', step: step.id, before: finished.inputs, after: inputs });
      const consequence =
        before.state === 'done'
          ? (step.changeIsIgnored ?? 'its result is as wanted all the same')
          : 'what differs is looked at now';
      events.log('warn', `${step.title}: its input changed since it was finished at ${finished.time}; ${consequence}`);
    }
    events.emit({ type: 'step-probed', step: step.id, ...before });
    // A step that was cut short is gone through again: each of its effects is looked at by itself.
    if (before.state === 'done' && !wasInterrupted(journal.records, step.id)) {
      if (finished?.inputs !== inputs) await journal.append({ type: 'step-finished', step: step.id, inputs });
      finish('already-done');
      return;
    }
    await journal.append({ type: 'step-started', step: step.id, inputs });
    const effects = new Effects({ journal, events, step: step.id });
    await withDeadline(
      { clock, timeoutMs: options.timeoutMs ?? step.timeoutMs, what: step.title, signal },
      async (stepSignal, deadline) => {
        await step.act(context, { effects, signal: stepSignal, deadline });
        await step.wait?.(context, { effects, signal: stepSignal, deadline });
      },
    );
    const after = await step.probe(context);
    if (after.state !== 'done')
      throw new GlobalctlError('STEP_STALLED', {
        message: `${step.title}: ended, but the look afterwards says: ${after.reason}`,
        subject: step.id,
      });
    await journal.append({ type: 'step-finished', step: step.id, inputs });
    finish('done');
  } catch (thrown) {
    const error = await explain(step, thrown, options);
    finish('failed', error);
    throw error;
  }
}

async function explain<C>(step: Step<C>, thrown: unknown, options: RunnerOptions<C>): Promise<GlobalctlError> {
  const error = toGlobalctlError(thrown);
  if (error.code !== 'DEADLINE_EXCEEDED') return error;
  const diagnosis = await options
    .diagnose?.(step.id)
    .catch((trouble: unknown) => `the diagnosis itself failed: ${toGlobalctlError(trouble).message}`);
  return new GlobalctlError('STEP_STALLED', {
    message: error.message,
    subject: step.id,
    found: diagnosis,
    cause: error,
  });
}

function wasInterrupted(records: readonly JournalRecord[], step: string): boolean {
  const last = records.findLast((r) => (r.type === 'step-started' || r.type === 'step-finished') && r.step === step);
  return last?.type === 'step-started';
}

function lastFinish(
  records: readonly JournalRecord[],
  step: string,
): Extract<JournalRecord, { type: 'step-finished' }> | undefined {
  return records.findLast(
    (r): r is Extract<JournalRecord, { type: 'step-finished' }> => r.type === 'step-finished' && r.step === step,
  );
}

export interface StepPlan {
  readonly step: string;
  readonly title: string;
  readonly probe: Probe;
  readonly changes: readonly PlannedChange[];
}

/** What each step would do now; changes nothing. */
export async function planSteps<Context>(steps: readonly Step<Context>[], context: Context): Promise<StepPlan[]> {
  const plans: StepPlan[] = [];
  for (const step of steps) {
    const probe = await step.probe(context);
    const changes = probe.state === 'done' ? [] : ((await step.plan?.(context)) ?? []);
    plans.push({ step: step.id, title: step.title, probe, changes });
  }
  return plans;
}
