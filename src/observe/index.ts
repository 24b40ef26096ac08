// Looking without touching: the tree of Cluster API objects, why a wait goes on, what a stall means, and whether the
// result meets the success criteria of the guide. Used by the workflow's waits and by the commands status and verify.
export * from './diagnose.ts';
export * from './inventory.ts';
export * from './status-tree.ts';
export * from './verify.ts';
export * from './wait-chain.ts';
