import type { ManifestRule } from '../rule.ts';

export const vsphereRules: readonly ManifestRule[] = [];
