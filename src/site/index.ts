// The site file: its schema, composed with what each provider contributes; loading with source positions; defaults; secret
// references; checks that need no provider; and the finding, the shape in which every check of the project speaks.
// It knows no provider: those hand in their parts.
export * from './code-frame.ts';
export * from './field-path.ts';
export * from './fields.ts';
export * from './finding.ts';
export * from './ipv4-network.ts';
export * from './load.ts';
export { maskSecrets, type TextRange } from './mask-secrets.ts';
export * from './nearest-name.ts';
export * from './schema-walk.ts';
export * from './schema.ts';
export * from './secret-reference.ts';
export * from './site-checks.ts';
export * from './site.ts';
export type { FieldFinding } from './site-text.ts';
export * from './version-matrix.ts';
export * from './write-site.ts';
