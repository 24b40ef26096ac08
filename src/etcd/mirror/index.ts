// A part of one etcd kept in another: copied at one revision, followed change by change, resumed from a checkpoint in the target.
export type { Checkpoint } from './checkpoint.ts';
export { compareMirror, readCheckpoint, type Comparison } from './compare.ts';
export { differences, type Difference, type Differences, type Side } from './differences.ts';
export type { MirrorEvent, MirrorStatus } from './events.ts';
export { Mirror, type MirrorOptions } from './mirror.ts';
export { Progress } from './progress.ts';
export type { OwnersOf } from './owned-last.ts';
export type { DeletionLimit } from './reconcile.ts';
export { everything, type Selection } from './selection.ts';
