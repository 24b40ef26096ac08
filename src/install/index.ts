// The workflow: the nine steps of the guide as steps that look, plan, act and wait; the journal, the lock and the one gate
// through which every change goes; the runner that goes on where an earlier run stopped. It knows kubeconfigs, addresses
// and files, and nothing of what stands behind them.
export type { InstallContext } from './context.ts';
export * from './handoff/index.ts';
export { HostPaths } from './host-paths.ts';
export { Installation, type InstallationOptions, type RunOptions } from './installation.ts';
export { readJournal, type JournalRecord } from './journal.ts';
export { describeProgress } from './steps/installer.ts';
export type { RunSelection, StepPlan } from './runner.ts';
export type { PlannedChange, Probe } from './step.ts';
