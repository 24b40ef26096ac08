// What a failover would do to the objects of a manifest: which the mechanism of disaster recovery sees as owned by `global`,
// which as workload, and which machines the standby side would lose. Pure functions over objects; nothing is contacted.
export * from './failover-report.ts';
export * from './failover-text.ts';
