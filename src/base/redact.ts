/**
 * Keeps secrets out of everything that is written for people or kept on disk. Values are registered when a reference is
 * resolved; every sink passes its text through `redact`. Both the plain value and its base64 form are hidden.
 */
export class Redactor {
  readonly #values = new Set<string>();

  /** Values shorter than four characters are ignored: hiding them would garble the text and protect nothing. */
  add(value: string): void {
    if (value.length < 4) return;
    this.#values.add(value);
    this.#values.add(Buffer.from(value, 'utf8').toString('base64'));
    const json = JSON.stringify(value).slice(1, -1);
    if (json !== value) this.#values.add(json);
  }

  redact(text: string): string {
    let result = text;
    for (const value of this.#values) if (result.includes(value)) result = result.replaceAll(value, '[redacted]');
    return result;
  }
}
