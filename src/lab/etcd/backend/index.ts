/**
 * What an etcd keeps on disk, made from a store's contents: its buckets, their checksums, and the file that a snapshot is.
 * The lab stores nothing there; etcd's own tools read it.
 */
export { bucketsOf } from './buckets.ts';
export { boltFile } from './bolt-file.ts';
export { hashBuckets, hashRevisions } from './hash.ts';
