// Runs a program that was built, and keeps what V8 compiles of it then, for its later starts: the commands that people wait for
// though they do next to nothing. A cache is no more than speed: what cannot be run here is left out, and said.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Leaves a code cache beside each chunk that the commands load. */
export async function warmUp(folder) {
  let digest = '';
  const work = await mkdtemp(join(tmpdir(), 'globalctl-build-'));
  const registry = createServer((request, response) => {
    const isTag = request.url?.endsWith('/manifests/v1');
    response.writeHead(200, isTag ? { 'docker-content-digest': digest } : {}).end();
  }).listen(0, '127.0.0.1');
  try {
    await once(registry, 'listening');
    ({ digest } = await writeLayout(work));
    const address = `127.0.0.1:${String(registry.address().port)}`;
    await run(folder, work, ['pack', 'build', '-f', 'pack.yaml']);
    await run(folder, work, ['pack', 'push', '-r', address, '-c', 'warm.tgz']);
    await run(folder, work, ['validate', '-f', here('../examples/dcs/site.yaml')]);
  } catch (error) {
    console.warn(`the program will start more slowly: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    registry.closeAllConnections();
    registry.close();
    await rm(work, { recursive: true, force: true });
  }
}

async function run(folder, cwd, args) {
  const env = { PATH: process.env.PATH, HOME: cwd };
  // Only what is compiled with the flags of an ordinary start is taken by one.
  await promisify(execFile)(process.execPath, [here('keep-compiled.cjs'), join(folder, 'globalctl.js'), ...args], {
    cwd,
    env,
    timeout: 60_000,
  });
}

/** An image in an OCI layout, and the pack.yaml that makes a package of it. */
async function writeLayout(folder) {
  const blobs = join(folder, 'layout/blobs/sha256');
  await mkdir(blobs, { recursive: true });
  const store = async (mediaType, text) => {
    const hex = createHash('sha256').update(text).digest('hex');
    await writeFile(join(blobs, hex), text);
    return { mediaType, digest: `sha256:${hex}`, size: text.length };
  };
  const oci = (what) => `application/vnd.oci.image.${what}`;
  const config = await store(
    oci('config.v1+json'),
    '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}',
  );
  const layers = [await store(oci('layer.v1.tar+gzip'), 'a layer')];
  const mediaType = oci('manifest.v1+json');
  const top = await store(mediaType, JSON.stringify({ schemaVersion: 2, mediaType, config, layers }));
  const annotations = { 'org.opencontainers.image.ref.name': 'warm/up:v1' };
  await writeFile(join(folder, 'layout/oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(
    join(folder, 'layout/index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...top, annotations }] }),
  );
  await writeFile(
    join(folder, 'pack.yaml'),
    'name: warm\nversion: v1.0.0\noutput: warm.tgz\nimages:\n  - from: layout\n',
  );
  return top;
}
