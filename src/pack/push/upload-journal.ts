import { closeSync, openSync, writeSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readTextIfPresent, writeFileAtomic } from '../../base/index.ts';
import { isDigest } from '../oci/descriptor.ts';
import { isRepository } from '../oci/reference.ts';
import type { UploadSession } from '../registry/uploads.ts';

/** A line of the journal: where an upload stands, that a blob is stored, or that an upload has come to its end. */
interface UploadRecord {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly digest: string;
  readonly repository: string;
  readonly state: 'uploading' | 'stored' | 'ended';
  /** Of an upload: where it goes on, how far it has come, and the process that is at it. */
  readonly location?: string;
  readonly offset?: number;
  readonly pid?: number;
}

/** Registries throw uploads away after a week (docker-registry's `uploadpurging`), or sooner. */
const KEPT_MS = 7 * 24 * 3600 * 1000;
const MOST_RECORDS = 20_000;

/**
 * What pushes to one registry have got done, across processes: uploads that were broken off and where blobs were put, so that
 * a later push goes on inside a blob and mounts what another package brought. Everything in it is asked of the registry before it
 * is used: an entry that is out of date costs a question. Holds no secrets, and is readable by its owner alone.
 */
export class UploadJournal {
  readonly #now: () => number;
  readonly #uploads = new Map<string, UploadRecord>();
  readonly #stored = new Map<string, Map<string, UploadRecord>>();
  #file: number | undefined;

  private constructor(now: () => number) {
    this.#now = now;
  }

  /** Opens the journal for a registry; makes folder and file. Throws FILE_UNREADABLE or FILE_UNWRITABLE. */
  static async open(folder: string, address: string, now: () => number = Date.now): Promise<UploadJournal> {
    const journal = new UploadJournal(now);
    const path = join(folder, `${address.replace(/[^A-Za-z0-9.-]/g, '_')}.jsonl`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const line of ((await readTextIfPresent(path)) ?? '').split('\n').slice(-MOST_RECORDS))
      journal.#take(parseRecord(line));
    await writeFileAtomic(path, journal.#lines(), 0o600);
    await chmod(path, 0o600);
    journal.#file = openSync(path, 'a', 0o600);
    return journal;
  }

  /** An upload of this blob that no living process is at. */
  findUpload(digest: string): Pick<UploadSession, 'repository' | 'location'> | undefined {
    const record = this.#uploads.get(digest);
    if (record?.location === undefined || isAtWork(record.pid)) return undefined;
    return { repository: record.repository, location: record.location };
  }

  /** Repositories into which this blob was put, the newest first. */
  repositoriesWith(digest: string): readonly string[] {
    return [...(this.#stored.get(digest)?.keys() ?? [])].reverse();
  }

  uploading(digest: string, { repository, location, offset }: UploadSession): void {
    this.#note({ at: this.#now(), digest, repository, state: 'uploading', location, offset, pid: process.pid });
  }

  stored(digest: string, repository: string): void {
    this.#note({ at: this.#now(), digest, repository, state: 'stored' });
  }

  ended(digest: string, repository: string): void {
    if (this.#uploads.has(digest)) this.#note({ at: this.#now(), digest, repository, state: 'ended' });
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #note(record: UploadRecord): void {
    this.#take(record);
    if (this.#file === undefined) return;
    try {
      writeSync(this.#file, `${JSON.stringify(record)}\n`);
    } catch {
      // A push that cannot be remembered is a push all the same.
      this.close();
    }
  }

  #take(record: UploadRecord | undefined): void {
    if (!record || record.at < this.#now() - KEPT_MS) return;
    const { digest, repository, state } = record;
    if (state === 'uploading') {
      this.#uploads.set(digest, record);
      return;
    }
    this.#uploads.delete(digest);
    if (state === 'ended') return;
    const places = this.#stored.get(digest) ?? new Map<string, UploadRecord>();
    places.delete(repository);
    places.set(repository, record);
    this.#stored.set(digest, places);
  }

  #lines(): string {
    const records = [
      ...this.#uploads.values(),
      ...[...this.#stored.values()].flatMap((places) => [...places.values()]),
    ];
    return records
      .sort((a, b) => a.at - b.at)
      .map((record) => `${JSON.stringify(record)}\n`)
      .join('');
  }
}

/** Lines that are cut short or of another version are passed over: the journal only saves work. */
function parseRecord(line: string): UploadRecord | undefined {
  let record: Partial<UploadRecord>;
  try {
    record = JSON.parse(line) as Partial<UploadRecord>;
  } catch {
    return undefined;
  }
  const { at, digest, repository, state, location } = record;
  const isSound =
    typeof at === 'number' &&
    isDigest(digest) &&
    typeof repository === 'string' &&
    isRepository(repository) &&
    (state === 'stored' || state === 'ended' || (state === 'uploading' && typeof location === 'string'));
  return isSound ? (record as UploadRecord) : undefined;
}

function isAtWork(pid: unknown): boolean {
  if (typeof pid !== 'number' || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
