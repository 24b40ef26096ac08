import type { ErrorCode } from '../base/index.ts';
import { supportedProviders, type RuleFacts, type SupportedProvider } from '../providers/index.ts';
import { engineRules } from './engine-rules.ts';
import { commonRules } from './rules/index.ts';

export interface ListedRule {
  readonly rule: RuleFacts;
  /** The one provider whose rule it is; absent for rules of every provider. */
  readonly provider?: SupportedProvider;
}

/** Every rule there is, those of every provider first. */
export function allRules(): readonly ListedRule[] {
  return [
    ...[...commonRules, ...engineRules].map((rule) => ({ rule })),
    ...supportedProviders.flatMap((provider) => provider.rules.map((rule) => ({ rule, provider }))),
  ];
}

/** The ids by which rules are chosen, ignored and explained, without repeats. */
export function ruleIds(): readonly ErrorCode[] {
  return [...new Set(allRules().map(({ rule }) => rule.code))];
}
