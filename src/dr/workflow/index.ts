// The workflows over a pair, each journaled and resumable by running it again; the plan of each changes nothing.
export { installPair, planInstallPair } from './install-pair.ts';
export type { PairRun } from './pair-run.ts';
export { readRoles, standbyOf, type LiveRoles, type SideRole } from './roles.ts';
export { SideClusters } from './sides.ts';
export { failback, failover, previewSwitch, switchover, type SwitchOptions, type SwitchPreview } from './switches.ts';
export type { SwitchKind, SwitchState } from './switch-state.ts';
