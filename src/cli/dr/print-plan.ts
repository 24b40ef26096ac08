import type { StepPlan } from '../../install/index.ts';
import type { App, OutputFormat } from '../app.ts';

/** The steps of a workflow as they would go now, with what was seen of each. */
export function printPlan(app: App, output: OutputFormat, plan: readonly StepPlan[]): void {
  if (output === 'json') {
    app.print(app.redactor.redact(JSON.stringify({ steps: plan }, undefined, 2)));
    return;
  }
  for (const [index, { step, title, probe, changes }] of plan.entries()) {
    app.print(`${String(index + 1)}. ${step}: ${title}`);
    app.print(`   ${probe.state === 'done' ? 'done' : 'to do'}: ${app.redactor.redact(probe.reason)}`);
    for (const { action, subject } of changes) app.print(`   ${action} ${subject}`);
  }
  app.print('\ndry run: nothing was changed');
}
