import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesSource, readTar } from '../archive/index.ts';
import { rawTar, type RawEntry } from '../archive/raw-tar.fixture.ts';
import { buildPackage, readContents } from '../layout/index.ts';
import { errorOf, sampleArtifacts } from '../layout/sample.fixture.ts';
import { verifyPackage } from '../layout/verify.ts';
import { readPublicKey, type PublicKey } from './signature.ts';

const hasOpenssl = existsSync('/usr/bin/openssl');
if (!hasOpenssl) process.stderr.write('skipped: signatures checked by openssl, which is not installed\n');

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-signature-'));
  path = join(folder, 'signed.tgz');
});
afterEach(() => rm(folder, { recursive: true }));

function inPem({ publicKey, privateKey }: KeyPairKeyObjectResult): { publicKey: string; privateKey: string } {
  return {
    publicKey: String(publicKey.export({ type: 'spki', format: 'pem' })),
    privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  };
}

function pair(kind: 'ed25519' | 'ecdsa'): { publicKey: string; privateKey: string } {
  return inPem(
    kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
  );
}

const keyOf = (publicKey: string): PublicKey => readPublicKey(publicKey, 'release.pub');

async function sign(privateKey: string): Promise<void> {
  const signWith = { pem: privateKey, where: 'release.key' };
  await buildPackage({
    name: 's',
    architecture: 'amd64',
    version: 'v1.0',
    artifacts: await sampleArtifacts(),
    path,
    signWith,
  });
}

/** Writes the package again with other entries. */
async function rewrite(change: (entry: RawEntry) => RawEntry[]): Promise<void> {
  const entries: RawEntry[] = [];
  for await (const { path: name, content } of readTar(bytesSource(gunzipSync(await readFile(path))), path)) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk);
    entries.push(...change({ path: name, content: Buffer.concat(chunks) }));
  }
  await writeFile(path, gzipSync(rawTar(entries)));
}

describe.each(['ed25519', 'ecdsa'] as const)('A package signed by %s', (kind) => {
  it('stands the check with its key, and no other', async () => {
    const { publicKey, privateKey } = pair(kind);
    await sign(privateKey);
    const key = keyOf(publicKey);
    expect(await verifyPackage(path, { key })).toMatchObject({ signedBy: key.digest });
    expect((await readContents(path)).signer).toBe(key.digest);
    const other = keyOf(pair(kind).publicKey);
    expect(await errorOf(verifyPackage(path, { key: other }))).toMatchObject({
      code: 'PACKAGE_SIGNATURE',
      message: expect.stringContaining('signed by another key') as string,
      details: { expected: `a signature by the key ${other.digest}`, found: `one by ${key.digest}` },
    });
  });

  it.skipIf(!hasOpenssl)('is checked by openssl as well, with nothing but tar', async () => {
    const { publicKey, privateKey } = pair(kind);
    await sign(privateKey);
    writeFileSync(join(folder, 'release.pub'), publicKey);
    mkdirSync(join(folder, 'head'));
    execFileSync('tar', ['-xzf', path, '-C', join(folder, 'head'), 'index.json', 'index.json.sig']);
    const check = (): string =>
      kind === 'ed25519'
        ? execFileSync(
            'openssl',
            [
              'pkeyutl',
              '-verify',
              '-pubin',
              '-inkey',
              '../release.pub',
              '-rawin',
              '-in',
              'index.json',
              '-sigfile',
              'index.json.sig',
            ],
            { cwd: join(folder, 'head'), encoding: 'utf8', stdio: 'pipe' },
          )
        : execFileSync(
            'openssl',
            ['dgst', '-sha256', '-verify', '../release.pub', '-signature', 'index.json.sig', 'index.json'],
            { cwd: join(folder, 'head'), encoding: 'utf8', stdio: 'pipe' },
          );
    expect(check()).toMatch(/Verified|Verification Success|Signature Verified Successfully|Verified OK/);
    writeFileSync(join(folder, 'head/index.json'), `${readFileSync(join(folder, 'head/index.json'), 'utf8')} `);
    expect(check).toThrow();
    const der = execFileSync('openssl', ['pkey', '-pubin', '-in', join(folder, 'release.pub'), '-outform', 'DER']);
    writeFileSync(join(folder, 'der'), der);
    const sum = execFileSync('sha256sum', [join(folder, 'der')], { encoding: 'utf8' }).slice(0, 64);
    expect(keyOf(publicKey).digest).toBe(`sha256:${sum}`);
  });

  it('is refused when index.json or the signature was changed or taken away', async () => {
    const { publicKey, privateKey } = pair(kind);
    const key = keyOf(publicKey);
    await sign(privateKey);
    await rewrite((entry) =>
      entry.path === 'index.json'
        ? [{ ...entry, content: String(entry.content).replace('"v1.0"', '"v1.1"') }]
        : [entry],
    );
    expect((await errorOf(verifyPackage(path, { key })))?.message).toContain('does not fit the package');
    await sign(privateKey);
    await rewrite((entry) => (entry.path === 'index.json.sig' ? [{ ...entry, content: 'x'.repeat(64) }] : [entry]));
    expect((await errorOf(verifyPackage(path, { key })))?.code).toBe('PACKAGE_SIGNATURE');
    await sign(privateKey);
    await rewrite((entry) => (entry.path === 'index.json.sig' ? [] : [entry]));
    expect(await errorOf(verifyPackage(path, { key }))).toMatchObject({
      code: 'PACKAGE_SIGNATURE',
      details: { found: `none, though it says that the key ${key.digest} signed it` },
    });
  });
});

it('A package that nobody signed is refused when a key is given, and sound without one', async () => {
  await buildPackage({ name: 's', architecture: 'amd64', version: 'v1.0', artifacts: await sampleArtifacts(), path });
  const key = keyOf(pair('ed25519').publicKey);
  expect((await errorOf(verifyPackage(path, { key })))?.message).toContain('is not signed');
  expect(await verifyPackage(path)).toMatchObject({ signedBy: undefined });
});

describe('A key', () => {
  it('of another kind, or what is no key, is refused without a word of its content', async () => {
    const rsa = inPem(generateKeyPairSync('rsa', { modulusLength: 2048 }));
    expect(() => keyOf(rsa.publicKey)).toThrow('of a kind that packages are not signed with');
    const p384 = inPem(generateKeyPairSync('ec', { namedCurve: 'secp384r1' }));
    expect(() => keyOf(p384.publicKey)).toThrow('of a kind that packages are not signed with');
    expect(() => keyOf('swordfish')).toThrow(/^release.pub: cannot be read as a key$/);
    expect((await errorOf(sign('swordfish')))?.message).toBe('release.key: cannot be read as a key');
    expect(existsSync(path)).toBe(false);
  });
});
