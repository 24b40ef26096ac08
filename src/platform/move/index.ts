/**
 * Objects on their way from one cluster to another: who owns whom and in which order they go, how they are written through the
 * API with their owners found again, and how one that was written is taken back. What the import and restore share.
 */
export * from './concurrently.ts';
export * from './content.ts';
export * from './object-node.ts';
export * from './object-writer.ts';
export * from './order-by-ownership.ts';
export * from './served-kinds.ts';
export * from './take-back.ts';
