// Packages and registries: the package format (build, read, verify), and a client of the OCI distribution API with what is
// done through it (push a package, copy repositories, fetch a chart). Knows nothing of Kubernetes and of the guide's steps.
export * from './oci/descriptor.ts';
export * from './oci/manifest.ts';
export * from './oci/reference.ts';
export { proxyFromEnvironment, type RegistryAccess } from './registry/access.ts';
export { fetchChart, RegistryClient, type PulledChart } from './registry/client.ts';
export { isWorthAnotherAttempt } from './registry/another-attempt.ts';
export { RegistryError } from './registry/registry-error.ts';
export { artifactOf, createImage, type Artifact, type ImageOptions } from './oci/image.ts';
export {
  chartArtifact,
  createChartArchive,
  readChartArchive,
  readChartMetadata,
  type ChartOptions,
} from './oci/chart.ts';
export { packChartFolder } from './oci/chart-folder.ts';
export { pushArtifact } from './registry/push-artifact.ts';
export { addTarFile, tarOf, type TarFile } from './archive/index.ts';
export {
  buildPackage,
  choosePlatform,
  fileSource,
  isChart,
  manifestsBelow,
  memorySource,
  packageFileName,
  readContents,
  readPackage,
  readPackageHead,
  registrySource,
  type BuildOptions,
  type ContentSource,
  type PackageContents,
  type PackagedImage,
} from './layout/index.ts';
export {
  asOneError,
  inspectSoundness,
  verifyPackage,
  type PackageReport,
  type VerifiedPackage,
} from './layout/verify.ts';
export { architectureFault, architectureFaults, architectureOfName } from './layout/architecture.ts';
export { readConfigs, type ConfigContent } from './layout/configs.ts';
export { diffPackages, type ImageChange, type PackageDiff } from './layout/diff.ts';
export { treeOf, type ImageNode, type ManifestNode, type PackageTree } from './layout/tree.ts';
export { readPublicKey, type PublicKey } from './signature/index.ts';
export { listContents, listNames, type ListedImage } from './registry/list-contents.ts';
export { copyRepositories, type CopyOptions, type CopyResult } from './registry/copy.ts';
export { pullChart } from './registry/pull-chart.ts';
export { imageLabel, planPush, pushPackage, type PushOptions, type PushResult } from './push/push.ts';
export type { PlannedImage, PushPlan } from './push/plan.ts';
export { sideLoad, type SideLoadOptions, type SideLoadResult } from './push/side-load.ts';
export type { PushProgress } from './push/progress.ts';
export { UploadJournal } from './push/upload-journal.ts';
