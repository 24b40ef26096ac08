// What every room may use and nothing of ours stands below: errors with codes, time, events, files, processes, randomness.
export * from './clock.ts';
export * from './deadline.ts';
export * from './error-codes.ts';
export * from './error.ts';
export * from './events.ts';
export * from './exec.ts';
export * from './files.ts';
export * from './folder-lock.ts';
export * from './process-identity.ts';
export * from './random.ts';
export * from './redact.ts';
export * from './repeated-keys.ts';
export * from './retry.ts';
