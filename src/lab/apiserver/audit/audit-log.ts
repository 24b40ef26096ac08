import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const DEFAULT_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * A file of JSON lines, 0600. When it has grown to its limit it becomes `<path>.1`, in place of the former one, so that it never takes
 * more than twice the limit.
 */
export class AuditLog {
  readonly path: string;
  readonly #limitBytes: number;
  #pending: string[] = [];
  #sizeBytes: number | undefined;
  readonly #onGap: ((error: unknown) => void) | undefined;
  #inGap = false;
  #writing: Promise<void> | undefined;

  /** `onGap` is told of the first event that could not be written, and again of the first after the file could be written. */
  constructor(path: string, options: { readonly limitBytes?: number; readonly onGap?: (error: unknown) => void } = {}) {
    this.path = path;
    this.#limitBytes = options.limitBytes ?? DEFAULT_LIMIT_BYTES;
    this.#onGap = options.onGap;
  }

  /** Takes an event and returns at once; what came together is written together. */
  write(event: Record<string, unknown>): void {
    this.#pending.push(`${JSON.stringify(event)}\n`);
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when all that was taken is in the file. */
  async close(): Promise<void> {
    await this.#writing;
  }

  async #drain(): Promise<void> {
    while (this.#pending.length > 0) {
      const text = this.#pending.join('');
      this.#pending = [];
      try {
        await this.#append(text);
        this.#inGap = false;
      } catch (error) {
        // A full disk or a folder that is gone must not end the server; its log has a gap then.
        this.#sizeBytes = undefined;
        if (!this.#inGap) this.#onGap?.(error);
        this.#inGap = true;
      }
    }
  }

  async #append(text: string): Promise<void> {
    if (this.#sizeBytes === undefined) {
      await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
      this.#sizeBytes = await stat(this.path).then(
        (found) => found.size,
        () => 0,
      );
    }
    if (this.#sizeBytes >= this.#limitBytes) {
      await rename(this.path, `${this.path}.1`);
      this.#sizeBytes = 0;
    }
    await appendFile(this.path, text, { mode: 0o600 });
    this.#sizeBytes += Buffer.byteLength(text);
  }
}
