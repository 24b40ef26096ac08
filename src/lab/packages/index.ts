// A delivery to rehearse with: the Core Package and the provider packages of a site, in the guide's shapes, with charts that
// carry the lab's (or the vendor's) custom resources and start the lab's simulated controllers.
export { buildSamplePackages, type SamplePackages, type SamplePackagesOptions } from './build-sample-packages.ts';
export type { SampleVersions } from './payload.ts';
export type { SelfCommand } from './scripts.ts';
