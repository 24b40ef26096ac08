// Keys in bulk: reading a range in pages at one revision, copying it into another store, and saying whether two are the same.
export { BatchWriter, type Entry, type OnPresent } from './batch-writer.ts';
export { Batches } from './batches.ts';
export { copyRange, type CopyRangeOptions, type CopyRangeResult } from './copy-range.ts';
export { digestRange, type RangeDigest } from './digest-range.ts';
export { readPages, type Page } from './read-pages.ts';
