import { open, readFile, type FileHandle } from 'node:fs/promises';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GlobalctlError, isMissing, syncFolder, type Clock } from '../base/index.ts';

/** What the journal says. `inputs` are hashes; no record ever holds a secret. */
export type JournalEntry =
  | { readonly type: 'run-started'; readonly runId: string; readonly site: string; readonly version: string }
  | {
      readonly type: 'run-finished';
      readonly runId: string;
      readonly outcome: 'succeeded' | 'failed' | 'interrupted';
      readonly code?: string;
    }
  | { readonly type: 'step-started'; readonly step: string; readonly inputs: string }
  | { readonly type: 'step-finished'; readonly step: string; readonly inputs: string }
  | { readonly type: 'input-changed'; readonly step: string; readonly before: string; readonly after: string }
  | { readonly type: 'effect-started'; readonly step: string; readonly effect: string; readonly inputs: string }
  /** A program was started for an effect; a later run finds it again by pid and start time. */
  | {
      readonly type: 'effect-process';
      readonly step: string;
      readonly effect: string;
      readonly pid: number;
      readonly startTicks: string;
    }
  | { readonly type: 'effect-done'; readonly step: string; readonly effect: string; readonly inputs: string }
  /** The effect was found in the world although no run had recorded its end. */
  | { readonly type: 'effect-observed'; readonly step: string; readonly effect: string; readonly inputs: string }
  /** The effect had been done and is gone from the world; it will be done anew. */
  | { readonly type: 'effect-lost'; readonly step: string; readonly effect: string; readonly inputs: string };

export type JournalRecord = JournalEntry & { readonly seq: number; readonly time: string };

/**
 * The append-only record of an installation: JSON lines, each on disk (fsync) before `append` resolves. A line cut short
 * by a crash was never acted upon, so it is cut off when the journal is opened again.
 */
export class Journal {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #clock: Clock;
  readonly #records: JournalRecord[];
  #tail: Promise<void> = Promise.resolve();

  private constructor(path: string, handle: FileHandle, records: JournalRecord[], clock: Clock) {
    this.path = path;
    this.#handle = handle;
    this.#records = records;
    this.#clock = clock;
  }

  /** Opens or creates the journal. Throws JOURNAL_CORRUPT when anything but the last line cannot be read. */
  static async open(path: string, clock: Clock): Promise<Journal> {
    await mkdir(dirname(path), { recursive: true });
    const { records, validBytes } = parseJournal(path, await readBytes(path));
    const handle = await open(path, 'a+', 0o600);
    await handle.truncate(validBytes);
    await handle.sync();
    await syncFolder(dirname(path));
    return new Journal(path, handle, records, clock);
  }

  get records(): readonly JournalRecord[] {
    return this.#records;
  }

  append(entry: JournalEntry): Promise<void> {
    const record: JournalRecord = {
      seq: this.#records.length + 1,
      time: new Date(this.#clock.now()).toISOString(),
      ...entry,
    };
    this.#records.push(record);
    const write = this.#tail.then(async () => {
      await this.#handle.appendFile(`${JSON.stringify(record)}\n`);
      await this.#handle.datasync();
    });
    this.#tail = write.catch(() => undefined);
    return write;
  }

  async close(): Promise<void> {
    await this.#tail;
    await this.#handle.close();
  }
}

/** The records of a journal without opening it for writing; empty when there is none. */
export async function readJournal(path: string): Promise<readonly JournalRecord[]> {
  return parseJournal(path, await readBytes(path)).records;
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isMissing(error)) return Buffer.alloc(0);
    throw new GlobalctlError('FILE_UNREADABLE', {
      message: `cannot read the journal ${path}: ${error instanceof Error ? error.message : String(error)}`,
      subject: path,
    });
  }
}

function parseJournal(path: string, bytes: Buffer): { records: JournalRecord[]; validBytes: number } {
  const records: JournalRecord[] = [];
  let start = 0;
  for (let end = bytes.indexOf(10, start); end >= 0; end = bytes.indexOf(10, start)) {
    const line = bytes.toString('utf8', start, end);
    try {
      records.push(JSON.parse(line) as JournalRecord);
    } catch {
      if (bytes.indexOf(10, end + 1) < 0 && end === bytes.length - 1) break;
      throw new GlobalctlError('JOURNAL_CORRUPT', {
        message: `line ${String(records.length + 1)} of the journal is not a record`,
        subject: path,
        found: line.slice(0, 80),
      });
    }
    start = end + 1;
  }
  return { records, validBytes: start };
}
