import { stringify } from 'yaml';

/** Words and numbers that some reader of YAML takes for something else than text are not among these. */
const plainSafe = /^[A-Za-z_][A-Za-z0-9_./@+-]*$/;
const otherType = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/** A scalar in the style of the one that it replaces: its quotes where it had any, bare where every reader takes it for the same. */
export function scalarText(value: unknown, former: string, quote: boolean): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  if (former.startsWith('"')) return JSON.stringify(value);
  if (former.startsWith("'") && !/[\r\n]/.test(value)) return `'${value.replaceAll("'", "''")}'`;
  return !quote && plainSafe.test(value) && !otherType.test(value) ? value : JSON.stringify(value);
}

/** A value inside braces or brackets; keys and texts quoted when `json`. */
export function flowText(value: unknown, json: boolean): string {
  if (json || Array.isArray(value)) return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return scalarText(value, '', false);
  const entries = Object.entries(value).map(([key, child]) => `${keyText(key)}: ${flowText(child, json)}`);
  return `{${entries.join(', ')}}`;
}

export interface BlockStyle {
  /** In front of every line but the first. */
  readonly indent: string;
  readonly newline: string;
  readonly quote: boolean;
}

/** An entry of a block, without the indentation of its first line. */
export function blockText(entry: Readonly<Record<string, unknown>>, { indent, newline, quote }: BlockStyle): string {
  const style = quote ? ({ defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' } as const) : {};
  return stringify(entry, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false, ...style })
    .trimEnd()
    .split('\n')
    .join(`${newline}${indent}`);
}

export function keyText(key: string): string {
  return /^[A-Za-z][A-Za-z0-9_./-]*$/.test(key) && !otherType.test(key) ? key : JSON.stringify(key);
}
