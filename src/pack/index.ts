// Packages and registries: the package format (build, read, verify), and a client of the OCI distribution API with what is
// done through it (push a package, copy repositories, fetch a chart). Knows nothing of Kubernetes and of the guide's steps.
export * from './oci/descriptor.ts';
export * from './oci/manifest.ts';
export * from './oci/reference.ts';
export { artifactOf, createImage, type Artifact, type ImageOptions } from './oci/image.ts';
export {
  chartArtifact,
  createChartArchive,
  readChartArchive,
  readChartMetadata,
  type ChartOptions,
} from './oci/chart.ts';
export { packChartFolder } from './oci/chart-folder.ts';
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
export * from './registry/index.ts';
export * from './push/index.ts';
