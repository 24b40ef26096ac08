import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../base/index.ts';
import { Journal, readJournal } from './journal.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-journal-'));
});
afterEach(() => rm(folder, { recursive: true }));

const path = (): string => join(folder, 'state', 'journal.jsonl');
const started = (step: string) => ({ type: 'step-started' as const, step, inputs: 'sha256:1' });

describe('the journal', () => {
  it('keeps records in order over a restart and numbers them on', async () => {
    const first = await Journal.open(path(), new ManualClock());
    await Promise.all([first.append(started('a')), first.append(started('b'))]);
    await first.close();
    const second = await Journal.open(path(), new ManualClock());
    await second.append(started('c'));
    await second.close();
    const records = await readJournal(path());
    expect(records.map((r) => [r.seq, 'step' in r && r.step])).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]);
  });

  it('cuts off a last line that a crash left incomplete and goes on behind the whole ones', async () => {
    const first = await Journal.open(path(), new ManualClock());
    await first.append(started('a'));
    await first.close();
    await appendFile(path(), '{"seq":2,"type":"step-st');
    const second = await Journal.open(path(), new ManualClock());
    await second.append(started('b'));
    await second.close();
    const lines = (await readFile(path(), 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines.map((l) => (JSON.parse(l) as { step: string }).step)).toEqual(['a', 'b']);
  });

  it('refuses a file whose middle is not a record, naming the line', async () => {
    await (await Journal.open(path(), new ManualClock())).close();
    await writeFile(path(), '{"seq":1}\nrubbish\n{"seq":3}\n');
    await expect(Journal.open(path(), new ManualClock())).rejects.toMatchObject({
      code: 'JOURNAL_CORRUPT',
      message: expect.stringContaining('line 2') as string,
    });
  });
});
