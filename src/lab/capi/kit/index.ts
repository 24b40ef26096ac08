// What all Cluster API style controllers of the lab share: the shapes of the objects, conditions, owner references, saving
// what a reconcile changed, watches of referenced kinds, clients of the managed clusters. It knows no single controller.
export * from './conditions.ts';
export * from './environment.ts';
export * from './events.ts';
export * from './objects.ts';
export * from './ownership.ts';
export * from './paced-clock.ts';
export * from './remote-clusters.ts';
export * from './save.ts';
export * from './selector.ts';
export { StandbyGate } from './standby-gate.ts';
export * from './templates.ts';
