import { createCipheriv } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SeededRandom } from '../../src/base/index.ts';
import { startRegistry, type Registry } from '../../src/lab/registry/index.ts';
import { startFaultProxy, type FaultProxy } from '../rigs/registry/fault-proxy.ts';
import { artifactOf, blobOf, mediaTypes, RegistryClient } from '../../src/pack/index.ts';
import { Program } from './program.ts';

const KILLS = 4;
const LAYERS = 5;
const LAYER_BYTES = 48 * 1024 * 1024;
const MOST_MB = 200;

let folder: string;
let layout: string;
let program: Program;
let registry: Registry;
let proxy: FaultProxy;
const env = { ...process.env };

beforeAll(async () => {
  program = await Program.build();
  folder = await mkdtemp(join(tmpdir(), 'globalctl-push-kill-'));
  env['XDG_STATE_HOME'] = join(folder, 'state');
  layout = join(folder, 'layout');
  await writeLayout();
  registry = await startRegistry({ folder: join(folder, 'registry') });
  proxy = await startFaultProxy(registry.address);
}, 120_000);

afterAll(async () => {
  await proxy.close();
  await registry.close();
  await rm(folder, { recursive: true, force: true });
  await program[Symbol.asyncDispose]();
});

/** An image of layers that together are larger than the memory that a push may take. */
async function writeLayout(): Promise<void> {
  await mkdir(join(layout, 'blobs/sha256'), { recursive: true });
  const layers = Array.from({ length: LAYERS }, (_, i) =>
    blobOf(
      mediaTypes.layer,
      createCipheriv('aes-128-ctr', Buffer.alloc(16, i + 1), Buffer.alloc(16)).update(Buffer.alloc(LAYER_BYTES)),
    ),
  );
  const config = blobOf(mediaTypes.config, '{"architecture":"amd64","os":"linux"}');
  const image = artifactOf({ repository: 'ait/huge', tag: 'v1' }, config, layers);
  const [manifest] = image.manifests;
  if (!manifest) throw new Error('an image has a manifest');
  const blobs = [...image.blobs, { descriptor: manifest.descriptor, bytes: manifest.bytes }];
  for (const { descriptor, bytes } of blobs)
    await writeFile(join(layout, 'blobs/sha256', descriptor.digest.slice(7)), bytes);
  await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const name = { 'org.opencontainers.image.ref.name': 'ait/huge:v1' };
  await writeFile(
    join(layout, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...image.top, annotations: name }] }),
  );
}

it('a push that is killed again and again sends no byte twice that has arrived, and stays small', async () => {
  const random = new SeededRandom(process.env['GLOBALCTL_KILL_SEED'] ?? '1');
  const totalBytes = LAYERS * LAYER_BYTES;
  const peak = join(folder, 'peak.mjs');
  await writeFile(
    peak,
    `import { readFileSync, writeFileSync } from 'node:fs';
process.on('exit', () => writeFileSync(${JSON.stringify(join(folder, 'peak'))}, readFileSync('/proc/self/status')));\n`,
  );
  const push = () =>
    program.start(['pack', 'push', '-r', proxy.address, '-c', layout, '-o', 'json'], {
      env: { ...env, NODE_OPTIONS: `--import ${peak}` },
      cwd: folder,
    });
  const client = new RegistryClient({ address: registry.address });
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      const from = proxy.forwardedBytes();
      const moment = from + random.integer(1, Math.floor((totalBytes - from) / 2), 'kill', kill);
      const running = push();
      proxy.onForwarded = (bytes) => {
        if (bytes >= moment) running.kill('SIGKILL');
      };
      expect((await running.ended).code).toBeNull();
      expect(await client.findManifest('ait/huge', 'v1')).toBeUndefined();
    }
    proxy.onForwarded = () => undefined;
    const { code, stdout, stderr } = await push().ended;
    expect([code, stderr]).toEqual([0, `pushed ${proxy.address}/ait/huge:v1\n`]);
    const { uploadedBytes, resumedBytes } = JSON.parse(stdout) as Record<string, number>;
    expect(resumedBytes).toBeGreaterThan(0);
    expect(uploadedBytes).toBeLessThan(totalBytes);
    // What was on its way in the kernel at a kill has left one side and not reached the other.
    expect(proxy.forwardedBytes()).toBeLessThan(totalBytes + KILLS * 4 * 1024 * 1024);
    const manifest = await client.fetchManifest('ait/huge', 'v1');
    for (const blob of manifest.blobs)
      for await (const part of client.readBlob('ait/huge', blob)) expect(part.length).toBeGreaterThan(0);
    expect(existsSync(join(folder, 'state/globalctl/uploads'))).toBe(true);
    // Not the kernel's maxrss: that counts what the process which started this one held.
    const peakKiB = Number(/^VmHWM:\s+(\d+) kB/m.exec(await readFile(join(folder, 'peak'), 'utf8'))?.[1]);
    expect(peakKiB / 1024).toBeLessThan(MOST_MB);
  } finally {
    await client.close();
  }
}, 180_000);
