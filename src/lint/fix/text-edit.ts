/** A stretch of a text and what takes its place; offsets count in the text as it was read. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** An entry that is added to a block or list: others may be added at the same place. */
  readonly adds?: boolean;
  /** It replaces an alias whose anchor stands at this offset: when that is changed to the same, the alias can stay. */
  readonly anchor?: number | undefined;
}

/** Whether two edits cannot both be made: they share letters, or write different things at one place. */
export function collide(a: TextEdit, b: TextEdit): boolean {
  if (isSame(a, b)) return false;
  if (a.start === a.end && b.start === b.end) return a.start === b.start && !(a.adds === true && b.adds === true);
  return a.start < b.end && b.start < a.end;
}

export function isSame(a: TextEdit, b: TextEdit): boolean {
  return a.start === b.start && a.end === b.end && a.text === b.text;
}

/** Edits of one text, found by where they are: each is compared with its neighbours alone. */
export class EditIndex {
  readonly #byStretch = new Map<number, TextEdit[]>();

  add(edit: TextEdit): void {
    for (const stretch of stretchesOf(edit)) {
      const list = this.#byStretch.get(stretch) ?? [];
      list.push(edit);
      this.#byStretch.set(stretch, list);
    }
  }

  /** Whether an edit collides with one that was added. */
  meets(edit: TextEdit): boolean {
    return stretchesOf(edit).some((stretch) =>
      (this.#byStretch.get(stretch) ?? []).some((other) => collide(edit, other)),
    );
  }
}

const stretchLength = 256;

function stretchesOf({ start, end }: TextEdit): number[] {
  const first = Math.floor(start / stretchLength);
  const last = Math.floor(end / stretchLength);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** The text with all edits made; they must not collide. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const ordered = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  const pieces: string[] = [];
  let at = 0;
  for (const edit of ordered) {
    pieces.push(text.slice(at, edit.start), edit.text);
    at = edit.end;
  }
  return [...pieces, text.slice(at)].join('');
}
