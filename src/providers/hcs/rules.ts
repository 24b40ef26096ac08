import type { ManifestRule } from '../rule.ts';

export const hcsRules: readonly ManifestRule[] = [];
