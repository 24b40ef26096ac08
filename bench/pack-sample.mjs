// An OCI layout of 20 images over shared layers, as a delivery has them: four base layers that five images each share, and three
// layers of each image's own. Content is noise in gzip, the same in every run: nobody gains by compressing it.
import { createCipheriv, createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const IMAGES = 20;
const PER_BASE = 5;
const BASE_MIB = 60;
const OWN_MIB = [26, 10, 4];

/** Writes the layout and a pack.yaml beside it. `scale` 1 is about 1 GB. */
export function writeSample(folder, scale) {
  const layout = join(folder, 'layout');
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
  let uniqueBytes = 0;
  let seed = 0;
  const store = (mediaType, bytes) => {
    const hex = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(layout, 'blobs/sha256', hex), bytes);
    uniqueBytes += bytes.length;
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const layer = (mib) =>
    store('application/vnd.oci.image.layer.v1.tar+gzip', gzipSync(noise(mib * scale, ++seed), { level: 0 }));
  const entries = [];
  let base;
  for (let image = 0; image < IMAGES; image++) {
    if (image % PER_BASE === 0) base = layer(BASE_MIB);
    const layers = [base, ...OWN_MIB.map(layer)];
    const config = store(
      'application/vnd.oci.image.config.v1+json',
      Buffer.from(
        JSON.stringify({
          architecture: 'amd64',
          os: 'linux',
          config: { Labels: { image: String(image) } },
          rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
        }),
      ),
    );
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const manifest = store(mediaType, Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers })));
    entries.push({
      ...manifest,
      annotations: { 'org.opencontainers.image.ref.name': `ait/image-${String(image)}:v1` },
    });
  }
  writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(
    join(layout, 'index.json'),
    JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: entries }),
  );
  writeFileSync(
    join(folder, 'pack.yaml'),
    'name: bench\nversion: v1.0.0\narchitecture: amd64\noutput: bench.tgz\nimages:\n  - from: layout\n',
  );
  return { layout, packFile: join(folder, 'pack.yaml'), tgz: join(folder, 'bench.tgz'), uniqueBytes, images: entries };
}

function noise(mib, seed) {
  const key = createHash('md5').update(String(seed)).digest();
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(Math.round(mib * 1024 * 1024)));
}
