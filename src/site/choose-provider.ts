import { valueAt } from './field-path.ts';
import { nearestName } from './nearest-name.ts';
import { plannedProviders, type SiteParts } from './schema.ts';
import type { FieldFinding } from './site-text.ts';

/** Finds the provider first: which fields are known depends on it. */
export function chooseProvider(
  value: unknown,
  parts: readonly SiteParts[],
): { readonly parts: SiteParts } | { readonly problem: FieldFinding } {
  const known = parts.map((part) => part.id);
  const expected = known.join(', ').replace(/, ([^,]*)$/, ' or $1');
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return {
      problem: {
        code: 'SITE_WRONG_TYPE',
        severity: 'error',
        path: '',
        message: 'a site file is a block of fields',
        expected: 'apiVersion, kind, metadata, provider and so on',
        found: Array.isArray(value) ? 'a list' : 'a single value',
        hint: 'Write one with globalctl init.',
      },
    };
  const provider = valueAt(value, ['provider']);
  const found = parts.find((part) => part.id === provider);
  if (found) return { parts: found };
  if (provider === undefined || provider === null)
    return {
      problem: {
        code: 'SITE_MISSING_FIELD',
        severity: 'error',
        path: 'provider',
        message: 'provider is missing, and which fields a site has depends on it',
        expected,
        found: 'nothing',
        hint: 'Add provider: with one of these values.',
      },
    };
  const named = typeof provider === 'string' ? provider.slice(0, 80) : `a ${typeof provider}`;
  if (plannedProviders.some((planned) => planned === provider))
    return {
      problem: {
        code: 'SITE_PROVIDER_PLANNED',
        severity: 'error',
        path: 'provider',
        message: `the provider ${named} is planned and not built yet`,
        expected,
        found: named,
      },
    };
  const near = typeof provider === 'string' ? nearestName(provider, known) : undefined;
  return {
    problem: {
      code: 'SITE_VALUE',
      severity: 'error',
      path: 'provider',
      message: 'provider is not one that globalctl knows',
      expected,
      found: named,
      hint: near === undefined ? undefined : `Did you mean ${near}?`,
    },
  };
}
