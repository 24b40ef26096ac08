import { fieldAt } from '../../kube/index.ts';
import type { FieldPath, ManifestRule, ManifestView, PlacedObject, RuleHit } from '../rule.ts';
import { isRecord, shown } from './reading.ts';

/** A key of the credential Secret; `accepts` looks at the plain value. */
export interface CredentialKey {
  readonly key: string;
  readonly optional?: true;
  readonly expected?: string;
  readonly accepts?: (value: string, view: ManifestView) => boolean;
  /** Whether the value may be shown. */
  readonly open?: true;
}

interface PlainValue {
  readonly value: string;
  readonly path: FieldPath;
}

/** The value of a key in plain text, from stringData or data. */
export function secretValue({ object }: Pick<PlacedObject, 'object'>, key: string): PlainValue | undefined {
  const plain = fieldAt(object, 'stringData', key);
  if (typeof plain === 'string') return { value: plain, path: ['stringData', key] };
  const encoded = fieldAt(object, 'data', key);
  return typeof encoded === 'string'
    ? { value: Buffer.from(encoded, 'base64').toString('utf8').trim(), path: ['data', key] }
    : undefined;
}

/** The credential Secret that the infra cluster names. */
export function credentialSecretOf({ provider, ofKind, find }: ManifestView): PlacedObject | undefined {
  return find('Secret', fieldAt(ofKind(provider.kinds.cluster.kind)[0]?.object, ...provider.shape.credentialRef));
}

/** Hits for keys that the Secret lacks, or whose value cannot be right. */
export function* credentialHits(view: ManifestView, keys: readonly CredentialKey[]): Generator<RuleHit> {
  const at = credentialSecretOf(view);
  if (!at) return;
  const block = isRecord(at.object['stringData']) || !isRecord(at.object['data']) ? 'stringData' : 'data';
  for (const { key, optional, expected, accepts, open } of keys) {
    const entry = secretValue(at, key);
    if (entry === undefined || entry.value === '') {
      if (optional === true && entry === undefined) continue;
      yield {
        at,
        path: [block, key],
        message: `the credential Secret has no ${key}`,
        expected: expected ?? `a key ${key}`,
        found: 'none',
      };
    } else if (accepts && !/\$\{|^<.*>$/.test(entry.value) && !accepts(entry.value, view))
      yield {
        at,
        path: entry.path,
        message: open === true ? `${key} is ${shown(entry.value)}` : `${key} cannot be right`,
        expected: expected ?? '',
        found: open === true ? entry.value : 'another text',
      };
  }
}

/** What every provider's rule about its credential Secret says of itself. */
export const credentialFacts = {
  code: 'MANIFEST_CREDENTIAL',
  severity: 'error',
  why: 'Seen when the first machine is made: the provider cannot log in, and every machine waits in Pending.',
  guide: 'Step 4',
} as const satisfies Partial<ManifestRule>;
