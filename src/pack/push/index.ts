// Bringing a package to a registry: what it lacks, each blob once, in chunks that resume, tags last; a plan of it beforehand; and
// the same into the storage folder of a docker-registry on this host. Loads nothing that only reading other forms needs.
export { imageLabel, planPush, pushPackage, type PushOptions, type PushResult } from './push.ts';
export type { PlannedImage, PushPlan } from './plan.ts';
export type { PushProgress } from './progress.ts';
export { sideLoad, type SideLoadOptions, type SideLoadResult } from './side-load.ts';
export { UploadJournal } from './upload-journal.ts';
