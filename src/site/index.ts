// The site file: its schema, composed with what each provider contributes; loading with source positions; defaults; secret
// references; checks that need no provider; and the finding, the shape in which every check of the project speaks.
// It knows no provider: those hand in their parts.
export * from './fields.ts';
export * from './finding.ts';
export * from './schema.ts';
export * from './secret-reference.ts';
export * from './version-matrix.ts';
