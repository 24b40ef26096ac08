import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { GlobalctlError } from '../../base/index.ts';

/*
 * A sealed file: a line that names the form, a line of JSON with the salt, then pieces of 64 KiB, each encrypted and authenticated
 * by AES-256-GCM under a key that scrypt makes of the passphrase. A piece's nonce is its number and whether it is the last one, so
 * pieces can neither be exchanged nor cut off, and nothing is given out that has not been authenticated.
 */
const MAGIC = 'globalctl-sealed/1\n';
const CHUNK_BYTES = 64 * 1024;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
/** 64 MiB of memory and a few tenths of a second a guess. */
const SCRYPT = { N: 2 ** 16, r: 8, p: 1, maxmem: 128 * 1024 * 1024 } as const;

function deriveKey(passphrase: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFC'), salt, KEY_BYTES, SCRYPT, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

function nonceOf(chunk: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(chunk), 3);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

/** Cuts a stream into chunks of one size; the last one may be smaller, and is known to be the last. */
abstract class Chunked extends Transform {
  readonly #size: number;
  #rest: Buffer[] = [];
  #restBytes = 0;
  #chunk = 0;

  constructor(size: number) {
    super();
    this.#size = size;
  }

  protected abstract convert(chunk: Buffer, nonce: Buffer): Buffer;

  override _transform(data: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#rest.push(data);
    this.#restBytes += data.length;
    try {
      // A chunk goes out only when more follows: the last one is marked.
      while (this.#restBytes > this.#size)
        this.push(this.convert(this.#take(this.#size), nonceOf(this.#chunk++, false)));
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    try {
      done(null, this.convert(this.#take(this.#restBytes), nonceOf(this.#chunk, true)));
    } catch (error) {
      done(error as Error);
    }
  }

  #take(bytes: number): Buffer {
    const all = this.#rest.length === 1 ? (this.#rest[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#rest);
    this.#rest = [all.subarray(bytes)];
    this.#restBytes = all.length - bytes;
    return all.subarray(0, bytes);
  }
}

class Sealing extends Chunked {
  readonly #key: Buffer;
  readonly #header: Buffer;

  constructor(key: Buffer, header: Buffer) {
    super(CHUNK_BYTES);
    this.#key = key;
    this.#header = header;
    this.push(header);
  }

  protected override convert(chunk: Buffer, nonce: Buffer): Buffer {
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(this.#header);
    return Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()]);
  }
}

class Unsealing extends Chunked {
  readonly #key: Buffer;
  readonly #header: Buffer;
  readonly #source: string;

  constructor(key: Buffer, header: Buffer, source: string) {
    super(CHUNK_BYTES + TAG_BYTES);
    this.#key = key;
    this.#header = header;
    this.#source = source;
  }

  protected override convert(chunk: Buffer, nonce: Buffer): Buffer {
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce)
        .setAAD(this.#header)
        .setAuthTag(chunk.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(chunk.subarray(0, -TAG_BYTES)), decipher.final()]);
    } catch (error) {
      throw new GlobalctlError('BACKUP_SEALED', {
        message: `${this.#source} cannot be opened with this passphrase, or has been changed or cut short`,
        subject: this.#source,
        cause: error,
      });
    }
  }
}

/** A stream that encrypts what goes through it. */
export async function sealingStream(passphrase: string): Promise<Transform> {
  const salt = randomBytes(16);
  const header = Buffer.from(`${MAGIC}${JSON.stringify({ kdf: 'scrypt', salt: salt.toString('base64') })}\n`);
  return new Sealing(await deriveKey(passphrase, salt), header);
}

/** Whether a file begins as a sealed one does. */
export function isSealed(start: Buffer): boolean {
  return start.subarray(0, MAGIC.length).equals(Buffer.from(MAGIC));
}

/**
 * The header of a sealed file, and a stream that decrypts what follows it. Throws BACKUP_INVALID for a broken header; the stream
 * fails with BACKUP_SEALED.
 */
export async function unsealingStream(
  start: Buffer,
  passphrase: string,
  source: string,
): Promise<{ readonly headerBytes: number; readonly stream: Transform }> {
  const end = start.indexOf('\n', MAGIC.length);
  const salt = /^\{"kdf":"scrypt","salt":"([A-Za-z0-9+/=]{24})"\}$/.exec(
    start.toString('latin1', MAGIC.length, end),
  )?.[1];
  if (end < 0 || salt === undefined)
    throw new GlobalctlError('BACKUP_INVALID', { message: `${source} has a broken header`, subject: source });
  const header = Buffer.from(start.subarray(0, end + 1));
  const key = await deriveKey(passphrase, Buffer.from(salt, 'base64'));
  return { headerBytes: header.length, stream: new Unsealing(key, header, source) };
}
