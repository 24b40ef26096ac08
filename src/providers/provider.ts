import type { ProviderFacts } from './contract.ts';
import type { LintRule } from './rule.ts';

/** A provider that can be installed on. Adding one adds a folder and a line in the list. */
export interface SupportedProvider extends ProviderFacts {
  /** What must hold for its manifests beyond the rules of every provider. */
  readonly rules: readonly LintRule[];
}

/** A provider that the guide names and gives no procedure for. */
export interface PlannedProvider {
  readonly status: 'planned';
  readonly id: string;
  readonly title: string;
}

export type Provider = SupportedProvider | PlannedProvider;
