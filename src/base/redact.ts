/** From here on a line of a secret of many lines is one by itself: shorter ones are words such as a closing brace. */
const SHORTEST_LINE = 12;

/**
 * Keeps secrets out of everything that is written for people or kept on disk. Values are registered when a reference is
 * resolved; every sink passes its text through `redact`. Hidden are the plain value, its base64 form, its form inside JSON,
 * and each line of a value of many lines, which a block of YAML indents.
 */
export class Redactor {
  readonly #values = new Set<string>();
  /** The longest first, so that a secret inside another one does not leave the rest of it visible. */
  #ordered: readonly string[] | undefined;

  /** Values shorter than four characters are ignored: hiding them would garble the text and protect nothing. */
  add(value: string): void {
    if (value.length < 4) return;
    this.#ordered = undefined;
    this.#values.add(value);
    if (value.includes('\n'))
      for (const line of value.split('\n').map((l) => l.trim()))
        if (line.length >= SHORTEST_LINE && !line.startsWith('-----')) this.#values.add(line);
    this.#values.add(Buffer.from(value, 'utf8').toString('base64'));
    const json = JSON.stringify(value).slice(1, -1);
    if (json !== value) this.#values.add(json);
  }

  redact(text: string): string {
    this.#ordered ??= [...this.#values].sort((a, b) => b.length - a.length);
    let result = text;
    for (const value of this.#ordered) if (result.includes(value)) result = result.replaceAll(value, '[redacted]');
    return result;
  }

  /** The same value with every string in it redacted: text that is JSON inside JSON is then escaped only once. */
  redactDeep<T>(value: T): T {
    return this.#deep(value) as T;
  }

  #deep(value: unknown): unknown {
    if (typeof value === 'string') return this.redact(value);
    if (Array.isArray(value)) return value.map((item: unknown) => this.#deep(item));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.#deep(inner)]));
  }
}
