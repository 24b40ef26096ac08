const limit = 120;

/** A value in one short line, for reports. */
export function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  const line = text.replace(/\s*\n\s*/g, ' ');
  return line.length > limit ? `${line.slice(0, limit - 3)}...` : line;
}
