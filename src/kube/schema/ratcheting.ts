import type { FieldError } from './field-error.ts';
import { isJsonObject, jsonEqual } from './structural-schema.ts';

/**
 * True when an update leaves the value that an error is about as it was: the API server then tolerates it (CRD validation
 * ratcheting, on since Kubernetes 1.30). A required field that is missing is judged by the object that it is missing in.
 */
export function isUnchanged(error: FieldError, object: unknown, oldObject: unknown): boolean {
  const steps = pathSteps(error.field);
  const place = error.reason === 'FieldValueRequired' ? steps.slice(0, -1) : steps;
  if (place.length === 0) return false;
  const value = valueAt(object, place);
  return value !== undefined && jsonEqual(value, valueAt(oldObject, place));
}

function pathSteps(path: string): (string | number)[] {
  return [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map((m) => (m[1] === undefined ? (m[2] ?? '') : Number(m[1])));
}

function valueAt(object: unknown, steps: readonly (string | number)[]): unknown {
  let value = object;
  for (const step of steps) {
    if (typeof step === 'number') value = Array.isArray(value) ? value[step] : undefined;
    else value = isJsonObject(value) ? value[step] : undefined;
  }
  return value;
}
