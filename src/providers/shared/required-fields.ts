import { fieldAt } from '../../kube/index.ts';
import type { FieldPath, PlacedObject, RuleHit } from '../rule.ts';
import { shown } from './reading.ts';

/** A field that must be there, in words for messages. */
export interface RequiredField {
  readonly path: FieldPath;
  readonly expected: string;
  /** What the value must be beyond not being empty. */
  readonly accepts?: (value: unknown) => boolean;
  /** The one value that it can have, for `--fix`. */
  readonly only?: string | number | boolean;
}

export const isCount = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value) && value > 0;

const isFilled = (value: unknown): boolean => typeof value === 'string' && value !== '';

/** Hits for fields of an object that are missing, empty, or not accepted. */
export function* requiredFieldHits(at: PlacedObject, fields: readonly RequiredField[]): Generator<RuleHit> {
  for (const { path, expected, accepts = isFilled, only } of fields) {
    const found = fieldAt(at.object, ...path);
    // A variable or stand-in that nothing filled in is the matter of another rule.
    if (typeof found === 'string' && /\$\{|^<.*>$/.test(found)) continue;
    if (only === undefined ? accepts(found) : found === only) continue;
    yield {
      at,
      path,
      message: `${path.filter((step) => typeof step === 'string').at(-1) ?? ''} is ${found === undefined ? 'missing' : shown(found)}`,
      expected,
      found: shown(found),
      ...(only !== undefined && { fixes: [{ change: 'set', at, path, value: only }] }),
    };
  }
}
