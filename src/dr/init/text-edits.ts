/** A replacement of a part of one line of a text. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Applies edits that do not overlap; a `remark` is put at the end of every line that one of them changed. */
export function applyEdits(text: string, edits: readonly TextEdit[], remark?: string): string {
  let result = text;
  let marked = Infinity;
  for (const edit of [...edits].sort((a, b) => b.start - a.start)) {
    const found = text.indexOf('\n', edit.end);
    const lineEnd = found < 0 ? text.length : found;
    // From the back: a line's remark goes in before its first change from the right moves anything.
    if (remark !== undefined && lineEnd !== marked) {
      const line = text.slice(text.lastIndexOf('\n', edit.start - 1) + 1, lineEnd);
      result = `${result.slice(0, lineEnd)}${/\s#/.test(line) ? ';' : ' #'} ${remark}${result.slice(lineEnd)}`;
      marked = lineEnd;
    }
    result = `${result.slice(0, edit.start)}${edit.text}${result.slice(edit.end)}`;
  }
  return result;
}
