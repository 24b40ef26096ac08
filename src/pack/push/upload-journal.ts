import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readTextIfPresent, writeFileAtomic } from '../../base/index.ts';
import { isDigest, type Descriptor } from '../oci/descriptor.ts';
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
/** A smaller blob is sent sooner than looked for elsewhere. */
const REMEMBERED_BYTES = 1024 * 1024;

/**
 * What pushes to one registry have got done, across processes: uploads that were broken off and where blobs were put, so that
 * a later push goes on inside a blob and mounts what another package brought. Everything in it is asked of the registry before it
 * is used: an entry that is out of date costs a question. Holds no secrets, and is readable by its owner alone.
 */
export class UploadJournal {
  readonly path: string;
  readonly #now: () => number;
  readonly #uploads = new Map<string, UploadRecord>();
  readonly #stored = new Map<string, Map<string, UploadRecord>>();
  #file: number | 'closed' | undefined;

  private constructor(path: string, now: () => number) {
    this.path = path;
    this.#now = now;
  }

  /**
   * Reads what is known of a registry, and throws away what is too old. The file is made with the first entry. Throws
   * FILE_UNREADABLE or FILE_UNWRITABLE.
   */
  static async open(folder: string, address: string, now: () => number = Date.now): Promise<UploadJournal> {
    const path = join(folder, `${address.replace(/[^A-Za-z0-9.-]/g, '_')}.jsonl`);
    const journal = new UploadJournal(path, now);
    const text = await readTextIfPresent(path);
    if (text === undefined) return journal;
    for (const line of text.split('\n').slice(-MOST_RECORDS)) journal.#take(parseRecord(line));
    const lines = journal.#lines();
    if (lines !== text) await writeFileAtomic(path, lines, 0o600);
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

  stored({ digest, size }: Pick<Descriptor, 'digest' | 'size'>, repository: string): void {
    if (size >= REMEMBERED_BYTES) this.#note({ at: this.#now(), digest, repository, state: 'stored' });
    else this.ended(digest, repository);
  }

  ended(digest: string, repository: string): void {
    if (this.#uploads.has(digest)) this.#note({ at: this.#now(), digest, repository, state: 'ended' });
  }

  close(): void {
    if (typeof this.#file === 'number') closeSync(this.#file);
    this.#file = 'closed';
  }

  #note(record: UploadRecord): void {
    this.#take(record);
    if (this.#file === 'closed') return;
    try {
      if (this.#file === undefined) {
        mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
        this.#file = openSync(this.path, 'a', 0o600);
      }
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
