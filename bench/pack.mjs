// How long a package of 20 images and about 1 GB takes into docker-registry on loopback, beside what else does it: skopeo
// image by image, skopeo four at a time, and skopeo after unpacking the file; then the same push again with everything there;
// and what the machine can do at most. Every timed first push meets a registry that has just started over an empty folder;
// commands take turns, so that a slow moment of the machine meets all of them; medians are compared.
//
//   npm run bench:pack              1 GB, five rounds
//   npm run bench:pack -- --quick   a quarter of it, two rounds
//   BENCH_FOLDER=/some/disk         where everything lies; default memory (/dev/shm) where it has room, so that the disk of the
//                                   machine, the same for all, does not hide the difference
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { finish, median, timeOnce } from './measure.mjs';
import { startEmptyRegistry } from './pack-registry.mjs';
import { writeSample } from './pack-sample.mjs';

const quick = process.argv.includes('--quick');
const rounds = Number(/--rounds=(\d+)/.exec(process.argv.join(' '))?.[1] ?? (quick ? 2 : 5));
const root = fileURLToPath(new URL('..', import.meta.url));
const NEEDED_BYTES = 8e9;

const parent = process.env.BENCH_FOLDER ?? (roomIn('/dev/shm') > NEEDED_BYTES ? '/dev/shm' : tmpdir());
const folder = mkdtempSync(join(parent, 'globalctl-bench-pack-'));
const programFolder = join(root, 'node_modules/.cache', `globalctl-bench-${String(process.pid)}`);

for (const tool of ['docker-registry', 'skopeo'])
  if (spawnSync('which', [tool]).status !== 0) {
    console.log(`skipped: ${tool} is not installed`);
    process.exit(0);
  }

try {
  mkdirSync(programFolder, { recursive: true });
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs'), programFolder], { stdio: 'pipe' });
  const program = join(programFolder, 'globalctl.js');
  const sample = writeSample(folder, quick ? 0.25 : 1);
  timeOnce({ command: process.execPath, args: [program, 'pack', 'build', '-f', sample.packFile] });
  console.log(
    `${String(sample.images.length)} images, ${(sample.uniqueBytes / 1e9).toFixed(2)} GB of content, in ${parent}; load ${loadavg()[0].toFixed(1)}`,
  );

  const peak = join(folder, 'peak.mjs');
  // Not maxrss: there the kernel counts what the process that started this one held.
  writeFileSync(
    peak,
    `import { readFileSync, writeFileSync } from 'node:fs';
process.on('exit', () => writeFileSync(${JSON.stringify(join(folder, 'peak'))}, readFileSync('/proc/self/status')));\n`,
  );
  let peakMB = 0;
  let measuresPeak = true;
  const ours = (path) => (registry) => {
    const env = { XDG_STATE_HOME: join(folder, 'state') };
    rmSync(env.XDG_STATE_HOME, { recursive: true, force: true });
    const seconds = timeOnce({
      command: process.execPath,
      args: [...(measuresPeak ? ['--import', peak] : []), program, 'pack', 'push', '-r', registry.address, '-c', path],
      env,
    });
    if (measuresPeak)
      peakMB = Math.max(
        peakMB,
        Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(join(folder, 'peak'), 'utf8'))?.[1]) / 1024,
      );
    return seconds;
  };
  const copy = (layout, address) =>
    `skopeo --insecure-policy copy -q --dest-tls-verify=false oci:${layout}:{} docker://${address}/{}`;
  const names = sample.images.map(({ annotations }) => annotations['org.opencontainers.image.ref.name']).join('\n');
  const shell = (script) => timeOnce({ command: 'sh', args: ['-ec', script] });
  const skopeo = (parallel, layout) => (registry) =>
    shell(`echo '${names}' | xargs -P${String(parallel)} -I{} ${copy(layout, registry.address)}`);
  const unpacked = join(folder, 'unpacked');
  const unpackThenSkopeo = (registry) => {
    rmSync(unpacked, { recursive: true, force: true });
    mkdirSync(unpacked);
    const seconds = shell(
      `tar -xzf ${sample.tgz} -C ${unpacked}; echo '${names}' | xargs -P1 -I{} ${copy(unpacked, registry.address)}`,
    );
    rmSync(unpacked, { recursive: true, force: true });
    return seconds;
  };
  /** Sends the largest blob, as curl does it, and scales it to all content. */
  const curlPut = (registry) => {
    const all = join(folder, 'all');
    if (!existsSync(all)) {
      execFileSync('sh', ['-c', `cat ${sample.layout}/blobs/sha256/* > ${all}`]);
      execFileSync('sh', ['-c', `sha256sum ${all} | cut -d' ' -f1 > ${all}.sum`]);
    }
    return shell(`location=$(curl -sf -X POST -D - -o /dev/null http://${registry.address}/v2/bench/one/blobs/uploads/ | tr -d '\\r' | sed -n 's/^Location: //p')
curl -sf -o /dev/null -X PUT -T ${all} -H 'Content-Type: application/octet-stream' "$location&digest=sha256:$(cat ${all}.sum)"`);
  };
  const limits = {
    'sha256 of the same bytes': () =>
      shell(`cat ${sample.layout}/blobs/sha256/* | openssl dgst -sha256 > ${folder}/sum`),
    'plain copy of the layout': () => {
      const target = join(folder, 'copy');
      const seconds = timeOnce({ command: 'cp', args: ['-r', sample.layout, target] });
      rmSync(target, { recursive: true });
      return seconds;
    },
  };
  const firstPushes = {
    'globalctl, from the layout': ours(sample.layout),
    'globalctl, from the tgz': ours(sample.tgz),
    'skopeo, one by one': skopeo(1, sample.layout),
    'skopeo, xargs -P4': skopeo(4, sample.layout),
    'tar, then skopeo': unpackThenSkopeo,
    'curl PUT of one blob': curlPut,
  };
  const again = { 'globalctl, again': ours(sample.tgz), 'skopeo, again': skopeo(1, sample.layout) };
  const seconds = Object.fromEntries(
    [...Object.keys(firstPushes), ...Object.keys(again), ...Object.keys(limits)].map((n) => [n, []]),
  );
  for (let round = 0; round <= rounds; round++) {
    // The first round warms caches up and does not count; to measure memory takes a few milliseconds, so it is done there.
    measuresPeak = round === 0;
    const note = (name, value) => round > 0 && seconds[name].push(value);
    for (const [name, push] of Object.entries(firstPushes)) {
      const registry = await startEmptyRegistry(join(folder, 'registry'));
      try {
        note(name, push(registry));
        if (name === 'globalctl, from the tgz')
          for (const [againName, pushAgain] of Object.entries(again)) note(againName, pushAgain(registry));
      } finally {
        await registry.stop();
      }
    }
    for (const [name, measure] of Object.entries(limits)) note(name, measure());
  }
  for (const [name, values] of Object.entries(seconds))
    console.log(
      `${name.padEnd(28)} median ${median(values).toFixed(2)} s   min ${Math.min(...values).toFixed(2)} s   max ${Math.max(...values).toFixed(2)} s`,
    );
  const of = (name) => median(seconds[name]);
  finish(
    'pack',
    {
      firstPush: of('skopeo, one by one') / of('globalctl, from the layout'),
      firstPushToParallel: of('skopeo, xargs -P4') / of('globalctl, from the layout'),
      fromTgz: of('tar, then skopeo') / of('globalctl, from the tgz'),
      rePush: of('skopeo, again') / of('globalctl, again'),
    },
    {
      seconds: Object.fromEntries(Object.keys(seconds).map((name) => [name, Math.round(of(name) * 100) / 100])),
      peakMB: Math.round(peakMB),
      gigabytes: Math.round(sample.uniqueBytes / 1e7) / 100,
      load: loadavg().map((value) => Math.round(value * 10) / 10),
    },
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
  rmSync(programFolder, { recursive: true, force: true });
}

function roomIn(path) {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return 0;
  }
}
