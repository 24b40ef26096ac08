// The workflow: the nine steps of the guide as steps that look, plan, act and wait; the journal, the lock and the one gate
// through which every change goes; the runner that goes on where an earlier run stopped. It knows kubeconfigs, addresses
// and files, and nothing of what stands behind them.
export type { InstallContext } from './context.ts';
export { hashInputs } from './effects.ts';
export * from './handoff/index.ts';
export { HostPaths } from './host-paths.ts';
export { Installation, type InstallationOptions, type RunOptions } from './installation.ts';
export { Journal, readJournal, type JournalRecord } from './journal.ts';
export { acquireLock } from './lock.ts';
export { describeProgress } from './steps/installer.ts';
export { planSteps, runSteps, type RunSelection, type StepPlan } from './runner.ts';
export type { PlannedChange, Probe, Step, StepRun } from './step.ts';
