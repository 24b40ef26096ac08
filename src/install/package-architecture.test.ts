import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildPackage, createImage, tarOf } from '../pack/index.ts';
import { findForeignPackage } from './package-architecture.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-architecture-'));
});
afterEach(() => rm(folder, { recursive: true }));

const noise = { path: 'noise', content: randomBytes(100_000) };

async function packageFor(architecture: string, fileName: string): Promise<string> {
  const path = join(folder, fileName);
  const platform = { os: 'linux', architecture };
  const artifacts = [await createImage({ name: { repository: 'ait/x', tag: 'v1' }, files: [noise], platform })];
  await buildPackage({ name: 'x', architecture, version: 'v1.0', artifacts, path });
  return path;
}

describe('findForeignPackage', () => {
  it('finds a package for other machines by its name, and by its content under any name', async () => {
    expect(await findForeignPackage(await packageFor('amd64', 'x.amd64.v1.0.tgz'))).toBeUndefined();
    for (const name of ['x.arm64.v1.0.tgz', 'x.amd64.v1.0.tgz', 'x.tgz'])
      expect(await findForeignPackage(await packageFor('arm64', name)), name).toMatchObject({
        code: 'PACKAGE_ARCHITECTURE',
        details: { expected: 'amd64', found: 'arm64' },
      });
  });

  it("leaves a package of the vendor's own form to packtool, whatever is in it, and reads no more than its beginning", async () => {
    const path = join(folder, 'vendor.amd64.v1.0.tgz');
    await writeFile(path, 'a form of the vendor that is no archive');
    expect(await findForeignPackage(path)).toBeUndefined();
    const files = Array.from({ length: 20 }, (_, index) => ({
      path: `file-${String(index)}`,
      content: Buffer.alloc(2000),
    }));
    await writeFile(path, gzipSync(await tarOf(files)));
    expect(await findForeignPackage(path)).toBeUndefined();
    // An OCI layout that is not ours may be sound or not; packtool tells.
    const layout = [{ path: 'index.json', content: '{"schemaVersion":2,"manifests":[{}]}' }];
    await writeFile(path, await tarOf(layout));
    expect(await findForeignPackage(path)).toBeUndefined();
    const vendorArm = join(folder, 'vendor.arm64.v1.0.tgz');
    await writeFile(vendorArm, 'a form of the vendor');
    expect((await findForeignPackage(vendorArm))?.code).toBe('PACKAGE_ARCHITECTURE');
  });

  it('does not mind that the rest of a package is not there yet', async () => {
    const path = await packageFor('arm64', 'x.tgz');
    await truncate(path, 50_000);
    expect(await findForeignPackage(path)).toBeDefined();
  });
});
