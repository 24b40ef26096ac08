// Packages and registries: the package format (build, read, verify), and a client of the OCI distribution API with what is
// done through it (push a package, copy repositories, fetch a chart). Knows nothing of Kubernetes and of the guide's steps.
export * from './descriptor.ts';
export * from './manifest.ts';
export * from './reference.ts';
export { proxyFromEnvironment, type RegistryAccess } from './registry/access.ts';
export { fetchChart, RegistryClient, type PulledChart } from './registry/client.ts';
export { RegistryError } from './registry/transport.ts';
export { artifactOf, createImage, type Artifact, type ImageOptions } from './image.ts';
export { chartArtifact, createChartArchive, readChartArchive, readChartMetadata, type ChartOptions } from './chart.ts';
export { pushArtifact } from './push-artifact.ts';
export { addTarFile, tarOf, type TarFile } from './tar-writer.ts';
export { buildPackage, packageFileName, type BuildOptions } from './build.ts';
export {
  readPackage,
  verifyPackage,
  type PackageContents,
  type PackagedImage,
  type VerifiedPackage,
} from './contents.ts';
export { copyRepositories, type CopyOptions, type CopyResult } from './copy.ts';
export { pullChart } from './pull-chart.ts';
export { imageLabel, pushPackage, type PushOptions, type PushProgress, type PushResult } from './push.ts';
