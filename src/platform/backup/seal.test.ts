import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import { sealingStream, unsealingStream } from './seal.ts';

const PIECE = 64 * 1024 + 16;

describe('a sealed stream', () => {
  const plain = randomBytes(200_000);
  let sealed: Buffer;
  let header: number;
  beforeAll(async () => {
    sealed = await seal(plain);
    header = sealed.indexOf('\n', sealed.indexOf('\n') + 1) + 1;
  });

  async function seal(bytes: Buffer): Promise<Buffer> {
    // In uneven parts, as streams come.
    const parts = [bytes.subarray(0, 1), bytes.subarray(1, 70_000), bytes.subarray(70_000)];
    return await buffer(Readable.from(parts).pipe(await sealingStream('secret')));
  }
  async function open(bytes: Buffer, passphrase = 'secret'): Promise<Buffer> {
    const { headerBytes, stream } = await unsealingStream(bytes.subarray(0, 256), passphrase, 'the file');
    return await buffer(Readable.from([bytes.subarray(headerBytes)]).pipe(stream));
  }
  const piece = (number: number): Buffer => sealed.subarray(header + number * PIECE, header + (number + 1) * PIECE);
  const start = (): Buffer => sealed.subarray(0, header);

  it('comes back as it was, whatever its length', async () => {
    expect((await open(sealed)).equals(plain)).toBe(true);
    for (const length of [0, 1, 65_536, 65_537, 131_072]) {
      const bytes = randomBytes(length);
      expect((await open(await seal(bytes))).equals(bytes)).toBe(true);
    }
  });

  it('never has the same bytes twice', async () => {
    expect((await seal(plain)).subarray(header).equals(sealed.subarray(header))).toBe(false);
  });

  it('opens with its passphrase only', async () => {
    await expect(open(sealed, 'Secret')).rejects.toMatchObject({ code: 'BACKUP_SEALED' });
  });

  it('does not open when pieces are missing, exchanged or repeated', async () => {
    for (const pieces of [
      [piece(0), piece(1), piece(2)],
      [piece(0)],
      [piece(1), piece(0), piece(2), piece(3)],
      [piece(0), piece(0), piece(1), piece(2), piece(3)],
      [piece(0), piece(2), piece(3)],
    ])
      await expect(open(Buffer.concat([start(), ...pieces]))).rejects.toMatchObject({ code: 'BACKUP_SEALED' });
  });

  it('does not open with the header of another', async () => {
    const other = await seal(plain);
    await expect(open(Buffer.concat([other.subarray(0, header), sealed.subarray(header)]))).rejects.toMatchObject({
      code: 'BACKUP_SEALED',
    });
    const broken = Buffer.from(sealed);
    broken[25] = 0x21;
    await expect(open(broken)).rejects.toMatchObject({ code: 'BACKUP_INVALID' });
  });
});
