import type { ManifestRule } from '../rule.ts';

export const dcsRules: readonly ManifestRule[] = [];
