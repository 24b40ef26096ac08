import type { FixedFile } from './fix-sources.ts';

interface Step {
  readonly mark: ' ' | '-' | '+';
  readonly line: string;
}

const context = 3;

/**
 * The changes of a file as a unified diff; values of Secrets are covered on both sides. Fixes keep the number of documents, so that
 * document is compared with document: the effort grows with the file and not with its square. The library is loaded only now.
 */
export async function diffOf({ before, after }: FixedFile): Promise<string> {
  const { diffArrays } = await import('diff');
  const steps: Step[] = [];
  const [left, right] = [documentsOf(before.maskedLines()), documentsOf(after.maskedLines())];
  const pairs =
    left.length === right.length
      ? left.map((lines, index) => [lines, right[index] ?? []] as const)
      : [[left.flat(), right.flat()] as const];
  for (const [former, later] of pairs)
    for (const { value, added, removed } of diffArrays(former, later))
      for (const line of value) steps.push({ mark: added ? '+' : removed ? '-' : ' ', line });
  return [`--- a/${before.file}`, `+++ b/${before.file}`, ...hunksOf(steps)].join('\n');
}

/** The lines of each document, with the marker in front of it; a line end at the end of a file begins no line. */
function documentsOf(lines: readonly string[]): string[][] {
  const documents: string[][] = [[]];
  const end = lines.at(-1) === '' ? lines.length - 1 : lines.length;
  for (const line of lines.slice(0, end)) {
    if (/^---(?:\s|$)/.test(line)) documents.push([]);
    documents.at(-1)?.push(line);
  }
  return documents;
}

function* hunksOf(steps: readonly Step[]): Generator<string> {
  let [oldLine, newLine, at] = [1, 1, 0];
  for (const [from, to] of rangesOf(steps)) {
    // Between hunks both sides have the same lines.
    oldLine += from - at;
    newLine += from - at;
    const part = steps.slice(from, to);
    const removed = part.filter(({ mark }) => mark !== '+').length;
    const added = part.filter(({ mark }) => mark !== '-').length;
    yield `@@ -${span(oldLine, removed)} +${span(newLine, added)} @@`;
    for (const { mark, line } of part) yield `${mark}${line}`;
    oldLine += removed;
    newLine += added;
    at = to;
  }
}

/** An empty side is named by the line before it. */
function span(start: number, count: number): string {
  return `${String(count === 0 ? start - 1 : start)},${String(count)}`;
}

/** Stretches around changes; those that would touch are one. */
function rangesOf(steps: readonly Step[]): [from: number, to: number][] {
  const ranges: [number, number][] = [];
  for (const [index, { mark }] of steps.entries()) {
    if (mark === ' ') continue;
    const last = ranges.at(-1);
    const to = Math.min(steps.length, index + 1 + context);
    if (last && index - context <= last[1]) last[1] = to;
    else ranges.push([Math.max(0, index - context), to]);
  }
  return ranges;
}
