import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isGlobalctlError, SeededRandom, type ErrorCode } from '../../base/index.ts';
import type { Fault, SeenRequest } from '../../../test/rigs/registry/fault-proxy.ts';
import { digestOf, mediaTypes } from '../index.ts';
import { ByteBudget } from './byte-budget.ts';
import { backends, BIG_BYTES, CHUNK_BYTES, PushStage, SAMPLE_IMAGES } from '../../../test/rigs/push/push-stage.ts';

if (backends.some(({ skip }) => skip))
  process.stderr.write('skipped: broken pushes to docker-registry, which is not installed\n');

async function codeOf(work: Promise<unknown>): Promise<ErrorCode | undefined> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return isGlobalctlError(error) ? error.code : undefined;
}

const OTHER_MANIFEST = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] });
const OTHER = `sha256:${'0'.repeat(64)}`;
const FULL_DISK =
  '{"errors":[{"code":"UNKNOWN","message":"unknown error","detail":{"DriverName":"filesystem","Enclosed":{"Op":"write","Path":"/var/lib/registry/x","Err":28}}}]}';

const FULL_DISK_IN_WORDS =
  '{"errors":[{"code":"UNKNOWN","message":"unknown error","detail":"write /var/lib/registry/x: no space left on device"}]}';

const isChunk = ({ method }: SeenRequest): boolean => method === 'PATCH';
const isBlobHead = ({ method, path }: SeenRequest): boolean => method === 'HEAD' && path.includes('/blobs/');
const isManifestPut = ({ method, path }: SeenRequest): boolean => method === 'PUT' && path.includes('/manifests/');
const isBlobPut = ({ method, path }: SeenRequest): boolean => method === 'PUT' && path.includes('/blobs/');

/** A fault for the nth request of a kind, from 0; others pass. */
function onNth(kind: (request: SeenRequest) => boolean, n: number, fault: Fault) {
  let count = 0;
  return (request: SeenRequest): Fault | undefined => (kind(request) && count++ === n ? fault : undefined);
}

let stage: PushStage;
afterEach(async () => {
  await stage[Symbol.asyncDispose]();
});

for (const { name, skip } of backends)
  describe.skipIf(skip)(`A push to ${name}`, () => {
    beforeEach(async () => {
      stage = await PushStage.set(name);
    });

    it('sends every blob once, big ones in chunks, and leaves images that can be pulled whole', async () => {
      const result = await stage.push();
      expect(await stage.pulled()).toEqual(SAMPLE_IMAGES);
      expect(result).toMatchObject({ pushedImages: 3, mountedBlobs: 1 });
      const ranges = stage.proxy.seen.filter(isChunk).map(({ headers }) => headers['content-range']);
      expect(ranges.filter((range) => range === `0-${String(CHUNK_BYTES - 1)}`)).toHaveLength(2);
      expect(ranges).toContain(`${String(BIG_BYTES - CHUNK_BYTES)}-${String(BIG_BYTES - 1)}`);
      const blobBytes = [...(await stage.contents()).blobs.values()].reduce((sum, blob) => sum + blob.size, 0);
      expect(result.uploadedBytes).toBe(blobBytes);
    });

    it.each<[string, (request: SeenRequest) => boolean]>([
      ['a chunk', isChunk],
      ['the end of a blob', isBlobPut],
      ['the opening of an upload', ({ method }) => method === 'POST'],
      ['a manifest', isManifestPut],
      ['a question', isBlobHead],
    ])('comes to its end when the answer to %s is lost', async (_title, kind) => {
      stage.proxy.decide = onNth(kind, 1, { kind: 'lose-answer' });
      await stage.push();
      expect(await stage.pulled()).toEqual(SAMPLE_IMAGES);
    });

    it.each([
      ['a break in the middle of a chunk', { kind: 'reset', afterBytes: 100_000 } as const],
      ['a break behind a proxy that buffers', { kind: 'reset-unseen', afterBytes: 100_000 } as const],
      ['500', { kind: 'answer', status: 500 } as const],
      ['502', { kind: 'answer', status: 502, body: '<html>bad gateway' } as const],
      ['503', { kind: 'answer', status: 503 } as const],
      ['408', { kind: 'answer', status: 408 } as const],
      ['429', { kind: 'answer', status: 429 } as const],
      ['an answer that is cut', { kind: 'cut-answer', afterBytes: 0 } as const],
    ])('comes to its end after %s', async (_title, fault) => {
      let faults = 0;
      stage.proxy.decide = (request) => (request.index % 6 === 5 && ++faults < 12 ? fault : undefined);
      await stage.push();
      expect(faults).toBeGreaterThan(2);
      expect(await stage.pulled()).toEqual(SAMPLE_IMAGES);
    });

    it('sends only the chunk again that a proxy which buffers requests has swallowed', async () => {
      stage.proxy.decide = onNth(isChunk, 6, { kind: 'reset-unseen', afterBytes: CHUNK_BYTES / 2 });
      const { uploadedBytes } = await stage.push();
      // Manifests are a few hundred bytes each.
      expect(stage.proxy.forwardedBytes() - uploadedBytes).toBeLessThan(5000);
      expect(await stage.pulled()).toEqual(SAMPLE_IMAGES);
    });

    it('waits for as long as the registry asks, in seconds or until a date', async () => {
      const date = new Date(Date.now() + 40_000).toUTCString();
      const answers: Fault[] = [
        { kind: 'answer', status: 429, headers: { 'retry-after': '7' } },
        { kind: 'answer', status: 503, headers: { 'retry-after': date } },
      ];
      stage.proxy.decide = (request) => (isManifestPut(request) ? answers.shift() : undefined);
      await stage.push();
      const [seconds, until] = [...stage.clock.sleptMs].sort((a, b) => a - b);
      expect(seconds).toBe(7000);
      expect(until).toBeGreaterThan(30_000);
      expect(until).toBeLessThanOrEqual(40_000);
    });

    it('sends smaller pieces when something before the registry refuses the size', async () => {
      stage.proxy.decide = ({ headers }) =>
        Number(headers['content-length'] ?? 0) > 100_000
          ? { kind: 'answer', status: 413, body: '<html>413 Request Entity Too Large</html>' }
          : undefined;
      await stage.push();
      expect(await stage.pulled()).toEqual(SAMPLE_IMAGES);
    });

    it('falls back to one request for a blob when the registry takes no chunks', async () => {
      stage.proxy.decide = (request) => (isChunk(request) ? { kind: 'answer', status: 405 } : undefined);
      await stage.push();
      expect(await stage.pulled()).toEqual(SAMPLE_IMAGES);
      expect(stage.proxy.seen.filter(isChunk).length).toBeLessThanOrEqual(4);
      const lengths = stage.proxy.seen.filter(isBlobPut).map(({ headers }) => Number(headers['content-length']));
      expect(lengths).toContain(BIG_BYTES);
    });

    it.each([true, false])(
      'holds no more than its budget, and nothing after breaks (chunks: %s)',
      async (takesChunks) => {
        const budget = new ByteBudget(4 * CHUNK_BYTES);
        let breaks = 0;
        stage.proxy.decide = (request) => {
          if (isChunk(request) && !takesChunks) return { kind: 'answer', status: 405 };
          const isBig = Number(request.headers['content-length']) >= CHUNK_BYTES;
          // More often than all that is held would bear if each left something behind.
          return isBig && (isChunk(request) || isBlobPut(request)) && breaks++ < 6
            ? { kind: 'reset', afterBytes: 50_000 }
            : undefined;
        };
        await stage.push({ budget });
        expect(breaks).toBeGreaterThanOrEqual(6);
        expect(budget.heldBytes).toBe(0);
        expect(budget.peakBytes).toBeGreaterThan(0);
        expect(budget.peakBytes).toBeLessThanOrEqual(budget.totalBytes);
        expect(await stage.pulled()).toEqual(SAMPLE_IMAGES);
      },
    );

    it('sends no chunk that is smaller than the registry asks for', async () => {
      const minimum = 700_000;
      stage.proxy.decide = ({ method }) =>
        method === 'POST' ? { kind: 'lie', headers: { 'oci-chunk-min-length': String(minimum) } } : undefined;
      await stage.push();
      // The last chunk of a blob may be smaller.
      const lengths = stage.proxy.seen
        .filter(
          (request) => isChunk(request) && !request.headers['content-range']?.endsWith(`-${String(BIG_BYTES - 1)}`),
        )
        .map(({ headers }) => Number(headers['content-length']));
      expect(lengths.length).toBeGreaterThan(1);
      expect(Math.min(...lengths)).toBeGreaterThanOrEqual(minimum);
      expect(await stage.pulled()).toEqual(SAMPLE_IMAGES);
    });

    it('takes a silent registry for gone, and goes on when it speaks again', async () => {
      stage.proxy.decide = onNth(isChunk, 2, { kind: 'stall' });
      await stage.push({ access: { stallTimeoutMs: 500 } });
      expect(await stage.pulled()).toEqual(SAMPLE_IMAGES);
    });

    it('ends with what the registry says when it goes on failing, and has tagged nothing', async () => {
      const ends: [Fault, ErrorCode][] = [
        [{ kind: 'answer', status: 403, body: '{"errors":[{"code":"DENIED","message":"no"}]}' }, 'REGISTRY_DENIED'],
        [{ kind: 'answer', status: 507 }, 'REGISTRY_FULL'],
        [{ kind: 'answer', status: 503 }, 'REGISTRY_ERROR'],
        [{ kind: 'reset', afterBytes: 0 }, 'REGISTRY_UNREACHABLE'],
        [{ kind: 'answer', status: 413 }, 'REGISTRY_LIMIT'],
        // What docker-registry 2.8 answers when its disk is full.
        [{ kind: 'answer', status: 500, body: FULL_DISK }, 'REGISTRY_FULL'],
        [{ kind: 'answer', status: 500, body: FULL_DISK_IN_WORDS }, 'REGISTRY_FULL'],
      ];
      for (const [fault, code] of ends) {
        stage.proxy.decide = (request) => (isChunk(request) || isBlobPut(request) ? fault : undefined);
        expect([fault, await codeOf(stage.push())]).toEqual([fault, code]);
      }
      expect(await stage.pulled()).toEqual([]);
      expect(await stage.direct.listTags('ait/big')).toEqual([]);
    });

    it.each<[string, (request: SeenRequest) => boolean, Fault, ErrorCode]>([
      ['a size', isBlobHead, { kind: 'lie', status: 200, headers: { 'content-length': '12' } }, 'REGISTRY_UNSOUND'],
      ['a digest', isBlobPut, { kind: 'lie', headers: { 'docker-content-digest': OTHER } }, 'REGISTRY_UNSOUND'],
      ['a manifest', isManifestPut, { kind: 'lie', headers: { 'docker-content-digest': OTHER } }, 'REGISTRY_UNSOUND'],
      [
        'a mount',
        ({ url }) => url.includes('mount='),
        { kind: 'answer', status: 201, headers: { 'docker-content-digest': OTHER, location: '/v2/x' } },
        'REGISTRY_UNSOUND',
      ],
      [
        'a mount without a word',
        ({ url }) => url.includes('mount='),
        { kind: 'answer', status: 201 },
        'REGISTRY_UNSOUND',
      ],
      [
        'the content of a manifest',
        ({ method, path }) => method === 'GET' && path.includes('/manifests/'),
        { kind: 'lie', body: (bytes) => Buffer.concat([bytes, Buffer.from(' ')]) },
        'PACKAGE_DIGEST_MISMATCH',
      ],
      ['how much of a chunk it took', isChunk, { kind: 'lie', headers: { range: '0-0' } }, 'REGISTRY_UNSOUND'],
      [
        'what a tag stands for',
        ({ method, path }) => method === 'GET' && path.includes('/manifests/'),
        {
          kind: 'lie',
          body: () => Buffer.from(OTHER_MANIFEST),
          headers: { 'docker-content-digest': digestOf(OTHER_MANIFEST), 'content-type': mediaTypes.index },
        },
        'REGISTRY_UNSOUND',
      ],
    ])('notices a registry that lies about %s', async (_title, kind, fault, code) => {
      stage.proxy.decide = (request) => (kind(request) ? fault : undefined);
      expect(await codeOf(stage.push())).toBe(code);
    });

    it('leaves no half upload behind when the registry refuses for good', async () => {
      stage.proxy.decide = onNth(isChunk, 5, { kind: 'answer', status: 507 });
      expect(await codeOf(stage.push())).toBe('REGISTRY_FULL');
      const cancelled = stage.proxy.seen.filter(({ method }) => method === 'DELETE');
      expect(cancelled).toHaveLength(1);
    });

    it('survives whatever happens on the way', async () => {
      let faults = 0;
      for (const seed of ['a', 'b', 'c']) {
        const random = new SeededRandom(seed);
        stage.proxy.decide = ({ index, method }) => {
          if (random.fraction('hit', index) > 0.3) return undefined;
          faults++;
          const kinds: Fault[] = [
            { kind: 'reset', afterBytes: random.integer(0, CHUNK_BYTES, 'bytes', index) },
            { kind: 'reset-unseen', afterBytes: random.integer(0, CHUNK_BYTES, 'bytes', index) },
            { kind: 'lose-answer' },
            { kind: 'answer', status: 503 },
            { kind: 'answer', status: 429, headers: { 'retry-after': '1' } },
            { kind: 'cut-answer', afterBytes: 0 },
          ];
          // An upload that is not cancelled is only litter.
          return method === 'DELETE' ? undefined : kinds[random.integer(0, kinds.length - 1, 'kind', index)];
        };
        await stage.push();
        expect(await stage.pulled()).toEqual(SAMPLE_IMAGES);
        for (const { name } of (await stage.contents()).images) {
          const digest = await stage.direct.findManifest(name.repository, name.tag);
          if (digest !== undefined) await stage.direct.deleteManifest(name.repository, digest);
        }
      }
      expect(faults).toBeGreaterThan(5);
    });
  });

describe('A push to a registry that knows its uploads to the byte', () => {
  beforeEach(async () => {
    stage = await PushStage.set('the lab registry');
  });

  it('goes on inside the chunk in which a connection broke', async () => {
    stage.proxy.decide = onNth(isChunk, 6, { kind: 'reset', afterBytes: CHUNK_BYTES / 2 });
    const { uploadedBytes } = await stage.push();
    expect(stage.proxy.forwardedBytes() - uploadedBytes).toBeLessThan(5000);
    expect(await stage.pulled()).toEqual(SAMPLE_IMAGES);
  });

  it('logs in again when the login expires in the middle', async () => {
    const login = `Basic ${Buffer.from('admin:secret-word').toString('base64')}`;
    let isExpired = false;
    let challenges = 0;
    stage.proxy.decide = (request) => {
      if (isChunk(request) && !isExpired) {
        isExpired = true;
        return challenge();
      }
      return request.headers.authorization === login ? undefined : challenge();
    };
    const challenge = (): Fault => {
      challenges++;
      return { kind: 'answer', status: 401, headers: { 'www-authenticate': 'Basic realm="registry"' } };
    };
    await stage.push({ access: { username: 'admin', password: 'secret-word' } });
    expect(isExpired).toBe(true);
    expect(challenges).toBeGreaterThan(1);
    expect(await stage.pulled()).toEqual(SAMPLE_IMAGES);
  });

  it('sends no login to a host to which uploads are redirected', async () => {
    const seen: (string | undefined)[] = [];
    const store = createServer((request, response) => {
      seen.push(request.headers.authorization);
      request.resume();
      request.on('end', () => response.writeHead(507).end());
    }).listen(0, '127.0.0.1');
    await once(store, 'listening');
    const { port } = store.address() as AddressInfo;
    const login = `Basic ${Buffer.from('admin:secret-word').toString('base64')}`;
    stage.proxy.decide = (request) => {
      if (request.headers.authorization !== login)
        return { kind: 'answer', status: 401, headers: { 'www-authenticate': 'Basic realm="registry"' } };
      return isChunk(request) || isBlobPut(request)
        ? { kind: 'answer', status: 307, headers: { location: `http://localhost:${String(port)}${request.url}` } }
        : undefined;
    };
    try {
      const pushing = stage.push({ access: { username: 'admin', password: 'secret-word' } });
      expect(await codeOf(pushing)).toBe('REGISTRY_FULL');
    } finally {
      store.closeAllConnections();
      store.close();
    }
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.every((authorization) => authorization === undefined)).toBe(true);
  });
});

describe.skipIf(backends.some(({ skip }) => skip))('docker-registry', () => {
  it('holds no data of an upload that was given up', async () => {
    stage = await PushStage.set('docker-registry');
    let refused = '';
    const refuse = onNth(isChunk, 5, { kind: 'answer', status: 507 });
    stage.proxy.decide = (request) => {
      const fault = refuse(request);
      if (fault) refused = basename(request.path);
      return fault;
    };
    await codeOf(stage.push());
    // It leaves a folder with the state of its hash behind, and none of the bytes. Uploads that were under way beside it are taken
    // back, too; of those docker-registry may make the file anew, when it looks at the broken request only after that.
    const repositories = join(stage.storage, 'docker/registry/v2/repositories');
    const files = await readdir(repositories, { recursive: true });
    expect(refused).not.toBe('');
    expect(files.filter((path) => path.includes(refused))).not.toEqual([]);
    expect(files.filter((path) => path.endsWith(`${refused}/data`))).toEqual([]);
  });
});
