import type { StatusCause } from '../../status-error.ts';

/** Field errors in the API server's words (apimachinery, util/validation/field). */

const withDetail = (text: string, detail: string): string => (detail === '' ? text : `${text}: ${detail}`);

/** Text in quotes; numbers, flags and what is already Go syntax (`raw`) as they are. */
function shown(value: unknown): string {
  if (value instanceof GoSyntax) return value.text;
  return value === undefined ? '"null"' : JSON.stringify(value);
}

/** A value that the API server prints as Go source, such as a struct. */
export class GoSyntax {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export const required = (field: string, detail = ''): StatusCause => ({
  reason: 'FieldValueRequired',
  message: withDetail('Required value', detail),
  field,
});

export const invalid = (field: string, value: unknown, detail: string): StatusCause => ({
  reason: 'FieldValueInvalid',
  message: withDetail(`Invalid value: ${shown(value)}`, detail),
  field,
});

export const forbidden = (field: string, detail: string): StatusCause => ({
  reason: 'FieldValueForbidden',
  message: withDetail('Forbidden', detail),
  field,
});

export const duplicate = (field: string, value: unknown): StatusCause => ({
  reason: 'FieldValueDuplicate',
  message: `Duplicate value: ${shown(value)}`,
  field,
});

export const notFound = (field: string, value: unknown): StatusCause => ({
  reason: 'FieldValueNotFound',
  message: `Not found: ${shown(value)}`,
  field,
});

export const tooLong = (field: string, maxBytes: number): StatusCause => ({
  reason: 'FieldValueTooLong',
  message: `Too long: may not be more than ${String(maxBytes)} bytes`,
  field,
});

export const notSupported = (field: string, value: unknown, supported: readonly string[]): StatusCause => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${shown(value)}: supported values: ${supported.map((s) => JSON.stringify(s)).join(', ')}`,
  field,
});

/** Nothing, when the value is one of the supported ones or absent. */
export function oneOf(field: string, value: unknown, supported: readonly string[]): StatusCause[] {
  return value === undefined || supported.includes(value as string) ? [] : [notSupported(field, value, supported)];
}

export function nonNegative(field: string, value: unknown): StatusCause[] {
  return typeof value === 'number' && value < 0 ? [invalid(field, value, 'must be greater than or equal to 0')] : [];
}

export const immutable = (field: string, value: unknown): StatusCause => invalid(field, value, 'field is immutable');
