// Disaster recovery: a primary and a standby site as a pair, from making and checking the two files over installing both and
// synchronising them to failing over and back. It knows site files, kubeconfigs, addresses and commands, as the workflow does,
// and nothing of what stands behind them.
export * from './check/index.ts';
export * from './gates/index.ts';
export * from './init/index.ts';
export type { DomainSwitch } from './domain.ts';
export * from './pair.ts';
export * from './status.ts';
export * from './workflow/index.ts';
