import type { SourcePlace } from '../base/index.ts';
import { codeFrame } from './code-frame.ts';
import { parsePath, valueAt, type FieldPath } from './field-path.ts';
import type { Finding } from './finding.ts';
import { maskSecrets, type TextRange } from './mask-secrets.ts';
import type { YamlSource } from './parse-yaml.ts';

/** A finding about a field of the site file that has no place yet. */
export type FieldFinding = Omit<Finding, 'place' | 'snippet' | 'subject'> & {
  readonly part?: 'key' | 'value';
  /** Another field that the finding is about just as much; its place is shown when `path` is not in the file. */
  readonly otherPath?: string;
};

export function linesOf(text: string): string[] {
  return text.split(/\r?\n/);
}

/** Places and snippets of a parsed text. The masked lines are made once, when the first snippet is asked for. */
export class SiteText {
  readonly #source: YamlSource;
  readonly #secrets: readonly TextRange[];
  #lines: readonly string[] | undefined;

  constructor(source: YamlSource, secrets: readonly TextRange[]) {
    this.#source = source;
    this.#secrets = secrets;
  }

  placeOf(path: FieldPath, part?: 'key' | 'value'): SourcePlace {
    return this.#source.placeAt(this.#source.rangeOf(path, part).start);
  }

  snippetOf(path: FieldPath, part?: 'key' | 'value'): string {
    this.#lines ??= linesOf(maskSecrets(this.#source.text, this.#secrets));
    const { start, end } = this.#source.rangeOf(path, part);
    return codeFrame({ lines: this.#lines, place: this.#source.placeAt(start), length: end - start });
  }

  /** `steps` where the keys of the path hold dots and brackets of their own. */
  locate(finding: FieldFinding, steps: FieldPath = parsePath(finding.path)): Finding {
    const { code, severity, path, otherPath, message, expected, found, hint, part } = finding;
    const elsewhere = otherPath !== undefined && valueAt(this.#source.value, steps) === undefined;
    const at = elsewhere ? parsePath(otherPath) : steps;
    const place = this.placeOf(at, part);
    return { code, severity, path, message, expected, found, hint, place, snippet: this.snippetOf(at, part) };
  }
}
