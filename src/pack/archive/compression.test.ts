import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ByteReader, bytesSource, FileSource, type ByteSource } from './byte-reader.ts';
import { compressionOf, decompress } from './compression.ts';
import { decompressZstd } from './zstd.ts';

const hasZstd = existsSync('/usr/bin/zstd');
if (!hasZstd) process.stderr.write('skipped: what the zstd program compresses, which is not installed\n');

/** Length and digest of all that a source gives. */
async function summaryOf(source: ByteSource): Promise<{ length: number; digest: string }> {
  const hash = createHash('sha256');
  let length = 0;
  for (let chunk = await source.next(); chunk; chunk = await source.next()) {
    length += chunk.length;
    hash.update(chunk);
  }
  return { length, digest: hash.digest('hex') };
}

function summaryOfBytes(bytes: Uint8Array): { length: number; digest: string } {
  return { length: bytes.length, digest: createHash('sha256').update(bytes).digest('hex') };
}

/** Text that compresses somewhat, with repetitions near and far. */
function sample(bytes: number): Buffer {
  const noise = randomBytes(40_000).toString('base64');
  const parts: string[] = [];
  for (let length = 0, at = 0; length < bytes; at = (at * 31 + 7919) % 50_000) {
    const part = noise.slice(at, at + 1500);
    parts.push(part);
    length += part.length;
  }
  return Buffer.from(parts.join('')).subarray(0, bytes);
}

const zstd = (bytes: Uint8Array, ...args: string[]): Buffer =>
  execFileSync('zstd', ['-q', '-c', ...args], { input: bytes, maxBuffer: 2 ** 28 });

/** The decoder for Node.js without zstd, whatever this one has. */
function byHand(bytes: Uint8Array): ByteSource {
  const content = decompressZstd(bytesSource(bytes), 'a.zst');
  return {
    next: async () => {
      const { done, value } = await content.next();
      return done === true ? undefined : value;
    },
  };
}

/** A zstd frame of blocks that each stand for one byte, 128 KiB times: 4 bytes for 131072. */
function zstdBomb(blocks: number): Buffer {
  const block = (isLast: boolean): Buffer => {
    const word = (isLast ? 1 : 0) | (1 << 1) | ((128 * 1024) << 3);
    return Buffer.from([word & 0xff, (word >> 8) & 0xff, (word >> 16) & 0xff, 0]);
  };
  // Window of 128 KiB, no content size, no checksum.
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3]);
  return Buffer.concat([header, ...Array.from({ length: blocks }, (_, index) => block(index === blocks - 1))]);
}

describe('decompress', () => {
  it('tells gzip and zstd by their first bytes', () => {
    expect(compressionOf(gzipSync('x'))).toBe('gzip');
    expect(compressionOf(zstdBomb(1))).toBe('zstd');
    expect(compressionOf(Buffer.from('{"a":1}'))).toBe('none');
    expect(compressionOf(Buffer.alloc(0))).toBe('none');
  });

  it('reads gzip, also of several members', async () => {
    const bytes = sample(3_000_000);
    const members = Buffer.concat([gzipSync(bytes.subarray(0, 1_000_000)), gzipSync(bytes.subarray(1_000_000))]);
    expect(await summaryOf(decompress(bytesSource(members), 'gzip', 'a.gz'))).toEqual(summaryOfBytes(bytes));
  });

  it.each(['gzip', 'zstd'] as const)('notices wherever %s is cut short or damaged', async (kind) => {
    if (kind === 'zstd' && !hasZstd) return;
    const bytes = sample(200_000);
    const packed = kind === 'gzip' ? gzipSync(bytes) : zstd(bytes);
    for (let length = 1; length < packed.length; length += Math.ceil(packed.length / 50))
      await expect(
        summaryOf(decompress(bytesSource(packed.subarray(0, length)), kind, 'a')),
        String(length),
      ).rejects.toMatchObject({ code: 'PACKAGE_INVALID', message: expect.stringContaining('cut short') as string });
    const damaged = Buffer.from(packed);
    damaged.fill(0xff, 0, 40);
    await expect(summaryOf(decompress(bytesSource(damaged), kind, 'a'))).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
    });
  });

  it('stops at a gzip bomb, long before it is unpacked', async () => {
    const member = gzipSync(Buffer.alloc(32 * 1024 * 1024), { level: 9 });
    let membersRead = 0;
    const bomb: ByteSource = { next: () => Promise.resolve(membersRead++ < 1000 ? member : undefined) };
    await expect(summaryOf(decompress(bomb, 'gzip', 'a.gz'))).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
      message: 'a.gz: it expands like a decompression bomb',
    });
    expect(membersRead).toBeLessThan(50);
  });

  it('stops at a zstd bomb', async () => {
    await expect(summaryOf(decompress(bytesSource(zstdBomb(100_000)), 'zstd', 'a.zst'))).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
      message: 'a.zst: it expands like a decompression bomb',
    });
  });

  it.each(['gzip', 'zstd'] as const)('leaves the source to the caller when reading of %s is ended', async (kind) => {
    if (kind === 'zstd' && !hasZstd) return;
    const bytes = randomBytes(3_000_000);
    const packed = kind === 'gzip' ? gzipSync(bytes) : zstd(bytes);
    let reads = 0;
    let underWay = 0;
    const source: ByteSource = {
      next: async () => {
        reads++;
        underWay++;
        await new Promise((resolve) => setImmediate(resolve));
        underWay--;
        return packed.subarray((reads - 1) * 50_000, reads * 50_000);
      },
    };
    const unpacked = decompress(source, kind, 'a');
    expect((await new ByteReader(unpacked).readFully(100)).length).toBe(100);
    await unpacked.close?.();
    expect(underWay).toBe(0);
    const before = reads;
    await new Promise((resolve) => setImmediate(resolve));
    expect(reads).toBe(before);
    expect(await unpacked.next()).toBeUndefined();
  });
});

describe('the zstd decoder for Node.js without zstd', () => {
  const levels: readonly string[][] = [
    ['-1'],
    ['-3'],
    ['-19'],
    ['-3', '--no-check'],
    ['-3', '--no-content-size'],
    ['--fast=5'],
  ];
  it.skipIf(!hasZstd).each(levels)('reads what zstd %s %s writes', async (...args) => {
    const bytes = sample(2_500_000);
    expect(await summaryOf(byHand(zstd(bytes, ...args)))).toEqual(summaryOfBytes(bytes));
  });

  it.skipIf(!hasZstd)(
    'reads small content, nothing, what does not compress, and frames one after the other',
    async () => {
      const parts = [Buffer.from('x'), Buffer.alloc(0), randomBytes(300_000), Buffer.alloc(700_000), sample(500)];
      // A skippable frame between two others, as some tools write for their own ends.
      const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
      const packed = Buffer.concat(parts.flatMap((part) => [zstd(part), skippable]));
      expect(await summaryOf(byHand(packed))).toEqual(summaryOfBytes(Buffer.concat(parts)));
    },
  );

  it.skipIf(!hasZstd)('refuses a window that would take all memory, also in a later frame', async () => {
    const wide = zstd(sample(500_000), '-3', '--long=27', '--no-content-size', '--zstd=wlog=27');
    await expect(summaryOf(byHand(Buffer.concat([zstd(sample(1000)), wide])))).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
      message: 'a.zst: its zstd data needs more memory than is given to it',
      details: { found: '128 MiB' },
    });
  });

  it('refuses a block that is too long, a dictionary, and what is no frame', async () => {
    const faults: readonly [Buffer, string][] = [
      [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3, 0xff, 0xff, 0xff, 0]), 'a block that is too long'],
      [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x01, 7 << 3, 9, 1, 0, 0]), 'needs a dictionary'],
      [Buffer.concat([zstdBomb(1), Buffer.from('garbage')]), 'no frame where one should begin'],
    ];
    for (const [bytes, fault] of faults)
      await expect(summaryOf(byHand(bytes))).rejects.toMatchObject({
        code: 'PACKAGE_INVALID',
        message: expect.stringContaining(fault) as string,
      });
  });
});

describe('a file as a source', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'globalctl-bytes-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is read in large pieces, passed over without reading, and ends where it ended when it was opened', async () => {
    const bytes = randomBytes(3_500_000);
    const path = join(folder, 'file');
    await writeFile(path, bytes);
    const file = await open(path);
    try {
      const reader = new ByteReader(new FileSource(file, bytes.length));
      expect(bytes.subarray(0, 10).equals(await reader.readFully(10))).toBe(true);
      expect(await reader.skip(3_000_000)).toBe(true);
      expect(bytes.subarray(3_000_010, 3_400_010).equals(await reader.readFully(400_000))).toBe(true);
      expect(await reader.skip(99_991)).toBe(false);
    } finally {
      await file.close();
    }
  });
});
