// Helm as the platform's services use it: finding the program (and kubectl, for tests), and a typed wrapper around its
// command line. Whoever installs charts comes through here.
export { cacheFolder, findBinary, type Binary, type BinaryName, type FindBinaryOptions } from './binaries.ts';
export type { ChartSource, HelmAccess } from './call.ts';
export { createHelm, type Helm, type InstallOptions } from './helm.ts';
export { parseReleaseStatus, type ReleaseRef, type ReleaseStatus, type ReleaseSummary } from './release.ts';
