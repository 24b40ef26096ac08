// pack.yaml, the file from which `pack build` makes a package: its schema, reading it with places for faults, and gathering what
// it names.
export { gatherSources, type GatherOptions } from './gather-sources.ts';
export { readPackFile, type PackFile } from './read-pack-file.ts';
