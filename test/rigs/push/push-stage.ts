import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../../src/base/index.ts';
import { startRegistry } from '../../../src/lab/registry/index.ts';
import { hasDebianRegistry, startDebianRegistry } from '../registry/debian-registry.ts';
import { startFaultProxy, type FaultProxy } from '../registry/fault-proxy.ts';
import {
  artifactOf,
  blobOf,
  buildPackage,
  createImage,
  mediaTypes,
  pushPackage,
  readPackage,
  RegistryClient,
  type PackageContents,
  type PushOptions,
  type RegistryAccess,
} from '../../../src/pack/index.ts';

export const hasSkopeo = existsSync('/usr/bin/skopeo');

/** Bytes that do not compress, the same for the same seed. */
export function noise(sizeBytes: number, seed: string): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes; at += 32)
    createHash('sha256')
      .update(`${seed} ${String(at)}`)
      .digest()
      .copy(bytes, at);
  return bytes;
}

/** Chunks of the tests: small enough that a blob of 3 MiB has a dozen. */
export const CHUNK_BYTES = 256 * 1024;
export const BIG_BYTES = 3 * 1024 * 1024;

/** A clock on which waits take no time and are remembered. */
export class ImpatientClock implements Clock {
  readonly sleptMs: number[] = [];

  now(): number {
    return Date.now();
  }

  async sleep(ms: number): Promise<void> {
    this.sleptMs.push(ms);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export type Backend = 'the lab registry' | 'docker-registry';
export const backends: readonly { readonly name: Backend; readonly skip: boolean }[] = [
  { name: 'the lab registry', skip: false },
  { name: 'docker-registry', skip: !hasDebianRegistry },
];

/** A package, a registry, and between them a proxy that does harm. */
export class PushStage implements AsyncDisposable {
  readonly folder: string;
  readonly path: string;
  readonly proxy: FaultProxy;
  readonly clock = new ImpatientClock();
  /** Speaks to the registry itself, past the proxy. */
  readonly direct: RegistryClient;
  /** Storage folder of docker-registry. */
  readonly storage: string;
  readonly #closing: (() => Promise<void>)[];

  private constructor(parts: {
    folder: string;
    path: string;
    proxy: FaultProxy;
    address: string;
    storage: string;
    closing: (() => Promise<void>)[];
  }) {
    this.folder = parts.folder;
    this.path = parts.path;
    this.proxy = parts.proxy;
    this.storage = parts.storage;
    this.direct = new RegistryClient({ address: parts.address, scheme: 'http' });
    this.#closing = parts.closing;
  }

  static async set(backend: Backend): Promise<PushStage> {
    const folder = await mkdtemp(join(tmpdir(), 'globalctl-push-'));
    const path = join(folder, 'sample.amd64.v1.tgz');
    sample ??= makeSample();
    await writeFile(path, await sample);
    const closing = [() => rm(folder, { recursive: true, force: true })];
    let address: string;
    let storage = folder;
    if (backend === 'docker-registry') {
      const registry = await startDebianRegistry();
      closing.unshift(() => registry.close());
      address = registry.address;
      storage = join(registry.folder, 'data');
    } else {
      const registry = await startRegistry({ folder: join(folder, 'registry') });
      closing.unshift(() => registry.close());
      address = registry.address;
    }
    const proxy = await startFaultProxy(address);
    closing.unshift(() => proxy.close());
    return new PushStage({ folder, path, proxy, address, storage, closing });
  }

  /** Pushes through the proxy. */
  async push(options: Partial<PushOptions> & { readonly access?: Partial<RegistryAccess> } = {}) {
    const client = new RegistryClient({ address: this.proxy.address, scheme: 'http', ...options.access });
    try {
      return await pushPackage({ path: this.path, client, clock: this.clock, chunkBytes: CHUNK_BYTES, ...options });
    } finally {
      await client.close();
    }
  }

  contents(): Promise<PackageContents> {
    return readPackage(this.path);
  }

  /** What the registry holds of the package in whole: every blob of every image whose tag is there is read and verified. */
  async pulled(): Promise<string[]> {
    const contents = await this.contents();
    const whole: string[] = [];
    for (const { name, top } of contents.images) {
      if ((await this.direct.findManifest(name.repository, name.tag)) !== top.digest) continue;
      for (const blob of contents.manifests.get(top.digest)?.blobs ?? [])
        for await (const part of this.direct.readBlob(name.repository, blob)) part.fill(0);
      whole.push(`${name.repository}:${name.tag}`);
    }
    return whole;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.direct.close();
    for (const close of this.#closing) await close();
  }
}

export const SAMPLE_IMAGES = ['ait/small:v1', 'ait/big:v1', 'ait/big-too:v1'];

/** Made once for all tests: hashing noise takes longer than pushing it. */
let sample: Promise<Buffer> | undefined;

/** A small image, and two that share a big layer. */
async function makeSample(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'globalctl-sample-'));
  const path = join(folder, 'sample.tgz');
  const big = blobOf(mediaTypes.layer, noise(BIG_BYTES, 'big'));
  const config = (text: string) =>
    blobOf(mediaTypes.config, JSON.stringify({ architecture: 'amd64', os: 'linux', text }));
  try {
    await buildPackage({
      name: 'sample',
      architecture: 'amd64',
      version: 'v1',
      artifacts: [
        await createImage({ name: { repository: 'ait/small', tag: 'v1' }, files: [{ path: 'a', content: 'small' }] }),
        artifactOf({ repository: 'ait/big', tag: 'v1' }, config('one'), [big]),
        artifactOf({ repository: 'ait/big-too', tag: 'v1' }, config('two'), [
          blobOf(mediaTypes.layer, noise(500_000, 'middle')),
          big,
        ]),
      ],
      path,
    });
    return await readFile(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}
