import type { JournalRecord } from '../../src/install/index.ts';

/** The whole lines of a journal; one that a kill cut short is none. */
export function wholeLines(journal: string): string {
  return journal.slice(0, journal.lastIndexOf('\n') + 1);
}

export function recordsOf(journal: string): JournalRecord[] {
  return wholeLines(journal)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JournalRecord);
}

/**
 * What a journal says that must never be: an effect with the same inputs done twice although it was not lost in between, an
 * effect done that was not begun, numbers that do not follow each other. In words, one for each.
 */
export function brokenRules(records: readonly JournalRecord[]): string[] {
  const broken: string[] = [];
  const done = new Set<string>();
  const begun = new Set<string>();
  for (const [i, record] of records.entries()) {
    if (record.seq !== i + 1) broken.push(`record ${String(i + 1)} has the number ${String(record.seq)}`);
    if (!('effect' in record) || record.type === 'effect-process') continue;
    const key = JSON.stringify([record.step, record.effect, record.inputs]);
    switch (record.type) {
      case 'effect-started':
        begun.add(key);
        if (done.has(key)) broken.push(`begun again: ${key}`);
        break;
      case 'effect-done':
        if (!begun.has(key)) broken.push(`done and never begun: ${key}`);
        if (done.has(key)) broken.push(`done twice: ${key}`);
        done.add(key);
        break;
      case 'effect-observed':
        done.add(key);
        break;
      case 'effect-lost':
        done.delete(key);
        // In a rehearsal nobody else is there who could undo anything.
        broken.push(`lost: ${key}`);
        break;
    }
  }
  return broken;
}
