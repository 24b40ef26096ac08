// Keys a second of the import's copy between two real etcds, beside `etcdctl make-mirror` on the same data in the same run; both
// copies are compared with the source byte for byte. `--quick` copies 20,000 keys instead of 100,000.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { finish, median } from './measure.mjs';

const quick = process.argv.includes('--quick');
const KEYS = quick ? 20_000 : 100_000;
const VALUE_BYTES = 2048;
const RUNS = quick ? 2 : 3;
const PREFIX = '/registry/infrastructure.cluster.x-k8s.io/';
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'globalctl-bench-'));
const etcds = [];

const bundle = join(root, 'bench', `.import-${String(process.pid)}.mjs`);
try {
  await build({
    entryPoints: [join(root, 'bench/import-parts.ts')],
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'error',
  });
  const { connectEtcd, digestRange, prefixRange, startEtcdProcess } = await import(pathToFileURL(bundle).href);
  const start = async () => {
    const etcd = await startEtcdProcess('etcd', ['--quota-backend-bytes=8589934592'], { fsync: true });
    etcds.push(etcd);
    return etcd;
  };
  const source = await start();
  const store = await connectEtcd({ endpoints: [source.endpoint] });
  await fill(store);
  const range = prefixRange(PREFIX);
  const expected = await digestRange(store, range);
  console.log(`${String(expected.keys)} keys of ${String(VALUE_BYTES)} bytes, sha256 ${expected.sha256.slice(0, 16)}`);

  const rates = { ours: [], makeMirror: [] };
  let peakMB = 0;
  for (let run = 0; run < RUNS; run++) {
    for (const [name, copy] of Object.entries({ ours: copyOurs, makeMirror })) {
      const target = await start();
      const targetStore = await connectEtcd({ endpoints: [target.endpoint] });
      const started = performance.now();
      await copy(target, targetStore);
      const seconds = (performance.now() - started) / 1000;
      const digest = await digestRange(targetStore, range);
      if (digest.sha256 !== expected.sha256) throw new Error(`${name}: the copy differs from its source`);
      rates[name].push(expected.keys / seconds);
      console.log(
        `${name.padEnd(12)} ${seconds.toFixed(2).padStart(7)} s  ${Math.round(expected.keys / seconds)} keys/s`,
      );
      await targetStore.close();
      await target.stop();
      etcds.splice(etcds.indexOf(target), 1);
    }
  }
  const keysPerSecond = median(rates.ours);
  const mirrorKeysPerSecond = median(rates.makeMirror);
  await store.close();
  finish(
    'import',
    { keysPerSecond: keysPerSecond / mirrorKeysPerSecond },
    {
      keysPerSecond: Math.round(keysPerSecond),
      makeMirrorKeysPerSecond: Math.round(mirrorKeysPerSecond),
      keys: KEYS,
      peakMB,
    },
  );

  /** Ours, in a process of its own, so that its memory can be told. */
  async function copyOurs(target) {
    const script = `import { connectEtcd, copyRange, prefixRange } from ${JSON.stringify(pathToFileURL(bundle).href)};
const [source, target] = await Promise.all(process.argv.slice(1).map((endpoint) => connectEtcd({ endpoints: [endpoint] })));
await copyRange({ source, target, range: prefixRange(${JSON.stringify(PREFIX)}), onPresent: () => 'keep' });
console.log(process.resourceUsage().maxRSS);
await Promise.all([source.close(), target.close()]);`;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', script, source.endpoint, target.endpoint],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(stderr);
    peakMB = Math.max(peakMB, Math.round(Number(stdout) / 1024));
  }

  /** make-mirror follows its source for ever: it is ended when the last key has arrived. */
  async function makeMirror(target, targetStore) {
    const mirror = spawn(
      'etcdctl',
      ['make-mirror', `--endpoints=${source.endpoint}`, `--prefix=${PREFIX}`, target.endpoint],
      { env: { ...process.env, ETCDCTL_API: '3' }, stdio: 'ignore' },
    );
    const ended = new Promise((resolve) => mirror.once('exit', resolve));
    try {
      for (;;) {
        const { count } = await targetStore.range({ ...range, countOnly: true });
        if (count === expected.keys) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    } finally {
      mirror.kill('SIGKILL');
      await ended;
    }
  }
} finally {
  await Promise.all(etcds.map((etcd) => etcd.stop()));
  rmSync(bundle, { force: true });
  rmSync(folder, { recursive: true, force: true });
}

/** Machines as an API server stores them, as far as their size goes. */
async function fill(store) {
  const batch = 128;
  for (let from = 0; from < KEYS; from += batch) {
    const success = [];
    for (let i = from; i < Math.min(KEYS, from + batch); i++) {
      const name = `m-${String(i).padStart(7, '0')}`;
      const head = `{"apiVersion":"infrastructure.cluster.x-k8s.io/v1beta1","kind":"VSphereMachine","metadata":{"name":"${name}","uid":"${name}"},"spec":{"text":"`;
      const value = Buffer.from(`${head}${'x'.repeat(VALUE_BYTES - head.length - 3)}"}}`);
      success.push({ type: 'put', key: Buffer.from(`${PREFIX}vspheremachines/cpaas-system/${name}`), value });
    }
    await store.txn({ compare: [], success, failure: [] });
  }
}
