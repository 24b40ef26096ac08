// The workflows over a pair, each journaled and resumable by running it again; the plan of each changes nothing.
export { installPair, planInstallPair } from './install-pair.ts';
export type { PairRun } from './pair-run.ts';
