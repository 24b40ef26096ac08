import { appendFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildPackage, fileSource, planPush, RegistryClient, UploadJournal } from '../index.ts';
import type { UploadSession } from '../registry/uploads.ts';
import { BIG_BYTES, CHUNK_BYTES, PushStage, SAMPLE_IMAGES, backends } from '../../../test/rigs/push/push-stage.ts';

let stage: PushStage;
afterEach(async () => {
  await stage[Symbol.asyncDispose]();
});

const openJournal = (now?: () => number) => UploadJournal.open(join(stage.folder, 'state'), stage.proxy.address, now);

/** Pushes until so many bytes have gone to the registry; what is remembered of it is on disk. */
async function breakOff(afterBytes: number): Promise<void> {
  const controller = new AbortController();
  stage.proxy.onForwarded = (bytes) => {
    if (bytes >= afterBytes) controller.abort();
  };
  const journal = await openJournal();
  try {
    await expect(stage.push({ journal, signal: controller.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
  } finally {
    journal.close();
    stage.proxy.onForwarded = () => undefined;
  }
  expect(await stage.pulled()).toEqual([]);
}

async function pushAgain() {
  const journal = await openJournal();
  try {
    return await stage.push({ journal });
  } finally {
    journal.close();
  }
}

for (const { name, skip } of backends)
  describe.skipIf(skip)(`A push to ${name} that was broken off`, () => {
    beforeEach(async () => {
      stage = await PushStage.set(name);
    });

    it('goes on in another process, and sends no blob twice', async () => {
      await breakOff(BIG_BYTES / 2);
      const before = stage.proxy.forwardedBytes();
      const { uploadedBytes, resumedBytes } = await pushAgain();
      expect(await stage.pulled()).toEqual(SAMPLE_IMAGES);
      const blobBytes = [...(await stage.contents()).blobs.values()].reduce((sum, blob) => sum + blob.size, 0);
      expect(uploadedBytes + resumedBytes).toBeLessThanOrEqual(blobBytes);
      // docker-registry forgets an upload whose last chunk was cut; the lab registry goes on at the very byte.
      const again = stage.proxy.forwardedBytes() - before;
      expect(again - uploadedBytes).toBeLessThan(5000);
      if (name === 'the lab registry') expect(resumedBytes).toBeGreaterThan(CHUNK_BYTES);
    });

    it('is not led astray by what is remembered and no longer true', async () => {
      const journal = await openJournal();
      const { blobs } = await stage.contents();
      for (const descriptor of blobs.values()) {
        journal.stored({ ...descriptor, size: BIG_BYTES }, 'ait/elsewhere');
        const location = `http://${stage.proxy.address}/v2/ait/big/blobs/uploads/0d34a2ff-5ac8-4f3a-8be5-2f4a6a1a7f10?_state=old`;
        journal.uploading(descriptor.digest, { repository: 'ait/big', location, offset: 1000, minChunkBytes: 0 });
      }
      journal.close();
      await appendFile(journal.path, '{"at":1,"digest":\n\u0000garbage\n{}\n');
      await pushAgain();
      expect(await stage.pulled()).toEqual(SAMPLE_IMAGES);
    });

    it('finds a blob that another package brought, and mounts it', async () => {
      await pushAgain();
      const other = join(stage.folder, 'other.tgz');
      const contents = await stage.contents();
      const big = contents.images.find(({ name: { repository } }) => repository === 'ait/big');
      if (!big) throw new Error('the sample has no big image');
      await buildPackage({
        name: 'other',
        architecture: 'amd64',
        version: 'v2',
        path: other,
        sources: [fileSource(contents, [{ ...big, name: { repository: 'ait/renamed', tag: 'v1' } }])],
      });
      const before = stage.proxy.forwardedBytes();
      const journal = await openJournal();
      try {
        const result = await stage.push({ path: other, journal });
        expect(result).toMatchObject({ pushedImages: 1, uploadedBlobs: 1, mountedBlobs: 1 });
      } finally {
        journal.close();
      }
      expect(stage.proxy.forwardedBytes() - before).toBeLessThan(5000);
    });
  });

describe('What a push remembers', () => {
  beforeEach(async () => {
    stage = await PushStage.set('the lab registry');
  });

  it('is for its owner alone, holds no login, and is thrown away after a week', async () => {
    await breakOff(BIG_BYTES / 2);
    const folder = join(stage.folder, 'state');
    const [file = ''] = await readdir(folder);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
    expect((await readFile(join(folder, file), 'utf8')).toLowerCase()).not.toContain('authorization');
    const later = await openJournal(() => Date.now() + 8 * 24 * 3600 * 1000);
    later.close();
    expect(await readFile(join(folder, file), 'utf8')).toBe('');
  });

  it('leaves an upload alone that another living process is at', async () => {
    const journal = await openJournal();
    const session: UploadSession = { repository: 'ait/big', location: 'http://x/y', offset: 5, minChunkBytes: 0 };
    const digest = `sha256:${'1'.repeat(64)}`;
    journal.uploading(digest, session);
    journal.close();
    const text = await readFile(journal.path, 'utf8');
    const findWith = async (pid: number) => {
      await writeFile(journal.path, text.replace(`"pid":${String(process.pid)}`, `"pid":${String(pid)}`));
      return (await openJournal()).findUpload(digest)?.location;
    };
    expect(await findWith(process.ppid)).toBeUndefined();
    // Above the highest pid that Linux gives.
    expect(await findWith(5_000_000)).toBe('http://x/y');
  });

  it('is no reason to fail when it cannot be written', async () => {
    await mkdir(join(stage.folder, 'state'));
    const journal = await openJournal();
    await mkdir(journal.path);
    await stage.push({ journal });
    expect(await stage.pulled()).toEqual(SAMPLE_IMAGES);
  });
});

describe('planPush', () => {
  beforeEach(async () => {
    stage = await PushStage.set('the lab registry');
  });

  it('says for each image what would be sent, mounted and skipped, and changes nothing', async () => {
    const client = new RegistryClient({ address: stage.proxy.address, scheme: 'http' });
    try {
      const fresh = await planPush({ path: stage.path, client });
      const [small, big, bigToo] = fresh.images;
      expect(fresh.images.map(({ state }) => state)).toEqual(['new', 'new', 'new']);
      expect(small?.mountBytes).toBe(0);
      expect(big?.sendBytes).toBeGreaterThanOrEqual(BIG_BYTES);
      expect(bigToo?.mountBytes).toBe(BIG_BYTES);
      expect(stage.proxy.seen.every(({ method }) => method === 'HEAD')).toBe(true);
      const { uploadedBytes } = await stage.push();
      expect(fresh.sendBytes).toBe(uploadedBytes);
      const after = await planPush({ path: stage.path, client });
      expect(after).toMatchObject({ sendBytes: 0, mountBytes: 0, skipBytes: fresh.sendBytes + BIG_BYTES });
      expect(after.images.map(({ state }) => state)).toEqual(['present', 'present', 'present']);
    } finally {
      await client.close();
    }
  });

  it('counts what a broken-off push has left at the registry', async () => {
    await breakOff(BIG_BYTES / 2);
    const client = new RegistryClient({ address: stage.proxy.address, scheme: 'http' });
    const journal = await openJournal();
    try {
      const plan = await planPush({ path: stage.path, client, journal });
      const { uploadedBytes } = await stage.push({ journal });
      expect(plan.sendBytes).toBe(uploadedBytes);
      expect(plan.skipBytes).toBeGreaterThan(CHUNK_BYTES);
    } finally {
      journal.close();
      await client.close();
    }
  });
});
