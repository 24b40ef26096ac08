// Packages as files: the forms in which they come (our own, OCI layouts, docker save, charts), what they hold, streaming
// their blobs, checking and building them.
export * from './contents.ts';
export { buildPackage, packageFileName, type BuildOptions } from './build.ts';
export { readContents, readPackage, readPackageHead } from './read.ts';
export { streamBlobs, type TakeBlob } from './stream.ts';
export { choosePlatform } from './choose-platform.ts';
export { registrySource, type RegistryImage } from './registry-source.ts';
export { fileSource, memorySource, type ContentSource } from './source.ts';
