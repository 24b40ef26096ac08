import { parseAllDocuments } from 'yaml';
import { Redactor } from '../base/index.ts';

/**
 * Hides in a diff what the file or object had where the wanted one has a secret: after a rotation nothing else knows the
 * former value as one. `present` and `wanted` are YAML or JSON. undefined when `present` cannot be read, so that nobody
 * can tell what of it is secret.
 */
export function hideFormerSecrets(
  diff: string,
  texts: { readonly present: string; readonly wanted: string },
  known: Redactor,
): string | undefined {
  const former = new Redactor();
  let present: readonly unknown[];
  try {
    present = documentsOf(texts.present);
  } catch {
    return undefined;
  }
  const byName = new Map(present.map((document, i) => [nameOf(document, i), document]));
  documentsOf(texts.wanted).forEach((document, i) => collect(byName.get(nameOf(document, i)), document, known, former));
  return known.redact(former.redact(diff));
}

function documentsOf(text: string): readonly unknown[] {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) return [];
  for (const { errors } of documents) {
    const [fault] = errors;
    if (fault) throw fault;
  }
  return documents.map((document) => document.toJS() as unknown);
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  if (Array.isArray(value)) return value.map((item, i) => [nameOf(item, i), item] as const);
  return value !== null && typeof value === 'object' ? Object.entries(value) : [];
}

/** What tells an item of a list, or a document of a file, from the others when their order changes. */
function nameOf(item: unknown, index: number): string {
  const fields = new Map(item !== null && typeof item === 'object' ? Object.entries(item) : []);
  const metadata = new Map(Object.entries((fields.get('metadata') ?? {}) as object));
  const names = [fields.get('kind'), metadata.get('name'), fields.get('path'), fields.get('name')];
  const name = names.filter((n) => typeof n === 'string').join(' ');
  return name === '' ? `#${String(index)}` : name;
}

function collect(present: unknown, wanted: unknown, known: Redactor, former: Redactor): void {
  if (typeof present === 'string' && typeof wanted === 'string') {
    if (present === wanted || known.redact(wanted) === wanted) return;
    const lines = present.split('\n');
    const wantedLines = wanted.split('\n');
    lines.forEach((line, i) => {
      const other = wantedLines[i] ?? wantedLines.at(-1) ?? '';
      if (lines.length === 1 || line !== other) former.add(line.trim());
    });
    return;
  }
  const before = new Map(entriesOf(present));
  for (const [key, value] of entriesOf(wanted)) collect(before.get(key), value, known, former);
}
