// What the guide has people write by hand, made from a site: AppReleases, the cluster manifest, the import ConfigMap, the
// installer request and the additions for disaster recovery. Merging with the operator's own manifest; YAML in with the
// place of every field, YAML out in a stable order. Everything is returned as data; nothing is written or applied here.
export * from './app-releases.ts';
export * from './guide-variables.ts';
export * from './import-config-map.ts';
export * from './installer-request.ts';
export * from './machine-sources.ts';
export type { MergeReportLine } from './merge-base.ts';
export type { MergeAction } from './merge-values.ts';
export * from './render.ts';
export * from './manifest-text.ts';
export * from './yaml-read.ts';
export { writeManifest, writeObject } from './yaml-write.ts';
