import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { acquireLock, Journal, planSteps, runSteps, type Step, type StepPlan } from '../../install/index.ts';
import { platformDomain } from '../pair.ts';
import type { DrContext } from './context.ts';
import type { PairRun } from './pair-run.ts';

export interface Workflow<Context extends DrContext> {
  /** `dr install`, `dr switchover`: for events and messages. */
  readonly command: string;
  /** Name of its journal in the state folder, without extension. */
  readonly journal: string;
  readonly steps: readonly Step<Context>[];
  readonly context: Context;
}

/** Runs a workflow under the lock of the pair, through its journal. Throws the first failure; running it again goes on. */
export async function runJournaled<Context extends DrContext>(
  run: PairRun,
  workflow: Workflow<Context>,
): Promise<void> {
  const { stateFolder, clock, events, redactor, signal } = run;
  await mkdir(join(stateFolder, 'logs'), { recursive: true, mode: 0o700 });
  await using _lock = await acquireLock(stateFolder);
  const journal = await Journal.open(join(stateFolder, `${workflow.journal}.jsonl`), clock);
  workflow.context.records = journal.records;
  const log = createWriteStream(join(stateFolder, 'logs/events.jsonl'), { flags: 'a', mode: 0o600 });
  const unsubscribe = events.subscribe((event) => log.write(`${JSON.stringify(redactor.redactDeep(event))}\n`));
  try {
    await runSteps({
      steps: workflow.steps,
      context: workflow.context,
      journal,
      events,
      clock,
      signal,
      runId: run.runId,
      command: workflow.command,
      site: platformDomain(run.pair),
      version: run.version,
      timeoutMs: run.timeoutMs,
    });
  } finally {
    unsubscribe();
    log.end();
    await finished(log);
    await journal.close();
  }
}

/** What each step would do now; changes nothing. */
export async function planWorkflow<Context extends DrContext>({
  steps,
  context,
}: Workflow<Context>): Promise<StepPlan[]> {
  return await planSteps(steps, context);
}
