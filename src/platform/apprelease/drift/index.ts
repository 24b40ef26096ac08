// Whether the objects of a release are still as its manifest says, and putting them back. Knows Helm's marks and field
// manager, nothing of AppReleases.
export { findDrift, type Drift, type FindDriftOptions } from './find-drift.ts';
export type { IgnoreRule } from './ignore-rules.ts';
