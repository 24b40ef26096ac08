// The synchronizer's mirror beside `etcdctl make-mirror`, between two real etcds, in the same run: a first copy of 100,000 keys of
// 2 KiB, and how long after the last of 20,000 puts by 64 writers it shows in the target. Then the mirror alone: how long a single
// put takes to show, how far it lags behind 1000 puts a second, and its memory with a million keys. `--quick` does less of each.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { finish, median } from './measure.mjs';

const quick = process.argv.includes('--quick');
const KEYS = quick ? 10_000 : 100_000;
const RUNS = quick ? 1 : 3;
const PUTS = quick ? 4000 : 20_000;
const WRITERS = 64;
const IDLE_PUTS = quick ? 50 : 200;
const STEADY_SECONDS = quick ? 3 : 15;
const STEADY_RATE = 1000;
const MILLION = quick ? 0 : 1_000_000;
const VALUE_BYTES = 2048;
const PREFIX = '/registry/example.org/things/';
const root = fileURLToPath(new URL('..', import.meta.url));
const running = new Set();

const bundle = join(root, 'bench', `.etcd-sync-${String(process.pid)}.mjs`);
try {
  await build({
    entryPoints: [join(root, 'bench/etcd-sync-parts.ts')],
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'error',
  });
  const { connectEtcd, digestRange, prefixRange, startEtcdProcess } = await import(pathToFileURL(bundle).href);
  const range = prefixRange(PREFIX);
  const mirrors = { ours: startOurs, makeMirror: startMakeMirror };

  const initial = { ours: [], makeMirror: [] };
  const catchUp = { ours: [], makeMirror: [] };
  let peakMB = 0;
  for (let run = 0; run < RUNS; run++)
    for (const name of Object.keys(mirrors)) {
      const source = await startEtcd();
      const target = await startEtcd();
      await fill(source.store, KEYS);
      const expected = await digestRange(source.store, range);
      const started = performance.now();
      const mirror = await mirrors[name](source, target);
      const copied = target.count(expected.keys);
      await copied;
      initial[name].push((performance.now() - started) / 1000);
      await same(source, target, name);

      const lag = await burst(source, target);
      catchUp[name].push(lag);
      await same(source, target, name);
      peakMB = Math.max(peakMB, await mirror.stop());
      await source.stop();
      await target.stop();
      console.log(
        `${name.padEnd(12)} first copy ${initial[name].at(-1).toFixed(2).padStart(7)} s   caught up ${lag.toFixed(0).padStart(6)} ms after the last put`,
      );
    }

  const source = await startEtcd();
  const target = await startEtcd();
  const mirror = await startOurs(source, target);
  const idle = await idlePuts(source, target);
  const steady = await steadyPuts(source, target);
  await same(source, target, 'ours');
  await mirror.stop();
  console.log(`a single put shows after p50 ${idle.p50.toFixed(2)} ms, p99 ${idle.p99.toFixed(2)} ms`);
  console.log(
    `at ${String(steady.rate)} puts a second it lags p50 ${steady.p50.toFixed(1)} ms, p99 ${steady.p99.toFixed(1)} ms`,
  );
  await source.stop();
  await target.stop();

  let millionMB;
  if (MILLION > 0) {
    const source = await startEtcd();
    const target = await startEtcd();
    await fill(source.store, MILLION, 256);
    const mirror = await startOurs(source, target);
    await target.count(MILLION);
    await burst(source, target);
    await same(source, target, 'ours');
    millionMB = await mirror.stop();
    console.log(`${String(MILLION)} keys: ${String(millionMB)} MB`);
    await source.stop();
    await target.stop();
  }
  const seconds = (name) => Math.round(median(initial[name]) * 100) / 100;
  finish(
    'etcd-sync',
    {
      initial: median(initial.makeMirror) / median(initial.ours),
      catchUp: median(catchUp.makeMirror) / Math.max(1, median(catchUp.ours)),
    },
    {
      ...{ initialSeconds: seconds('ours'), makeMirrorInitialSeconds: seconds('makeMirror'), keys: KEYS },
      ...{ catchUpMs: Math.round(median(catchUp.ours)), makeMirrorCatchUpMs: Math.round(median(catchUp.makeMirror)) },
      ...{ idleP50Ms: idle.p50, idleP99Ms: idle.p99, steadyP99Ms: steady.p99, steadyRate: steady.rate, peakMB },
      ...(millionMB === undefined ? {} : { millionKeysMB: millionMB }),
    },
  );

  async function startEtcd() {
    const etcd = await startEtcdProcess('etcd', ['--quota-backend-bytes=8589934592'], { fsync: true });
    const store = await connectEtcd({ endpoints: [etcd.endpoint], timeoutMs: 60_000 });
    const server = {
      endpoint: etcd.endpoint,
      store,
      count: async (keys) => {
        for (;;) {
          const { count } = await store.range({ ...range, countOnly: true, serializable: true });
          if (count >= keys) return;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      },
      stop: async () => {
        running.delete(server);
        await store.close();
        await etcd.stop();
      },
    };
    running.add(server);
    return server;
  }

  async function startOurs(source, target) {
    const child = spawn(
      process.execPath,
      [join(root, 'bench/etcd-sync-mirror.mjs'), pathToFileURL(bundle).href, source.endpoint, target.endpoint],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const handle = { stop: () => child.kill('SIGKILL') };
    running.add(handle);
    const lines = createInterface({ input: child.stdout });
    const said = [];
    lines.on('line', (line) => said.push(line));
    const ended = once(lines, 'close');
    return {
      stop: async () => {
        child.stdin.end();
        await ended;
        running.delete(handle);
        return Math.round(Number(said.at(-1)) / 1024);
      },
    };
  }

  async function startMakeMirror(source, target) {
    const child = spawn(
      'etcdctl',
      ['make-mirror', `--endpoints=${source.endpoint}`, `--prefix=${PREFIX}`, target.endpoint],
      {
        env: { ...process.env, ETCDCTL_API: '3' },
        stdio: 'ignore',
      },
    );
    const handle = { stop: () => child.kill('SIGKILL') };
    running.add(handle);
    const ended = once(child, 'exit');
    return {
      stop: async () => {
        child.kill('SIGKILL');
        await ended;
        running.delete(handle);
        return 0;
      },
    };
  }

  /** Milliseconds from the end of the last put to when the target shows it. */
  async function burst(source, target) {
    const last = Buffer.from(`${PREFIX}zz-last-${String(Date.now())}`);
    const stop = new AbortController();
    const watch = target.store.watch({ key: last, signal: stop.signal });
    const shown = (async () => {
      for await (const { events } of watch) if (events.length > 0) return performance.now();
    })();
    let next = 0;
    const value = Buffer.alloc(VALUE_BYTES, 'x');
    const writer = async () => {
      for (let i = next++; i < PUTS; i = next++)
        await source.store.put({ key: Buffer.from(`${PREFIX}burst-${String(i % (PUTS / 2))}`), value });
    };
    await Promise.all(Array.from({ length: WRITERS }, writer));
    await source.store.put({ key: last, value });
    const written = performance.now();
    const lag = Math.max(0, (await shown) - written);
    stop.abort();
    return lag;
  }

  async function idlePuts(source, target) {
    await target.count(0);
    const stop = new AbortController();
    const times = [];
    const watch = target.store.watch({ ...range, signal: stop.signal });
    const events = watch[Symbol.asyncIterator]();
    for (let i = 0; i < IDLE_PUTS; i++) {
      const put = source.store.put({ key: Buffer.from(`${PREFIX}idle`), value: Buffer.from(String(i)) });
      const shown = events.next().then(() => performance.now());
      await put;
      const written = performance.now();
      times.push(Math.max(0, (await shown) - written));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    stop.abort();
    return percentiles(times);
  }

  async function steadyPuts(source, target) {
    const stop = new AbortController();
    const sent = new Map();
    const lags = [];
    const watch = target.store.watch({ ...range, signal: stop.signal });
    const total = STEADY_SECONDS * STEADY_RATE;
    const reading = (async () => {
      for await (const { events } of watch) {
        const now = performance.now();
        for (const { kv } of events) {
          const at = sent.get(Buffer.from(kv.key).toString());
          if (at !== undefined) lags.push(Math.max(0, now - at));
        }
        if (lags.length >= total) return;
      }
    })();
    const value = Buffer.alloc(VALUE_BYTES, 'y');
    const started = performance.now();
    const puts = [];
    for (let i = 0; i < total; i++) {
      const dueMs = (i * 1000) / STEADY_RATE;
      const aheadMs = dueMs - (performance.now() - started);
      if (aheadMs > 1) await new Promise((resolve) => setTimeout(resolve, aheadMs));
      const key = `${PREFIX}steady-${String(i)}`;
      sent.set(key, performance.now());
      puts.push(source.store.put({ key: Buffer.from(key), value }));
    }
    await Promise.all(puts);
    const rate = Math.round(total / ((performance.now() - started) / 1000));
    await reading;
    stop.abort();
    return { ...percentiles(lags), rate };
  }

  async function same(source, target, name) {
    const [a, b] = await Promise.all([source, target].map(({ store }) => digestRange(store, range)));
    if (a.sha256 !== b.sha256)
      throw new Error(
        `${name}: ${String(b.keys)} keys in the target, ${String(a.keys)} in the source, or other values`,
      );
  }
} finally {
  for (const each of running) await each.stop();
  rmSync(bundle, { force: true });
}

function percentiles(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 100) / 100;
  return { p50: at(0.5), p99: at(0.99) };
}

async function fill(store, count, valueBytes = VALUE_BYTES) {
  for (let from = 0; from < count; from += 128) {
    const success = [];
    for (let i = from; i < Math.min(count, from + 128); i++) {
      const name = `thing-${String(i).padStart(7, '0')}`;
      const head = `{"apiVersion":"example.org/v1","kind":"Thing","metadata":{"name":"${name}","uid":"${name}"},"spec":{"text":"`;
      const value = Buffer.from(`${head}${'x'.repeat(Math.max(0, valueBytes - head.length - 3))}"}}`);
      success.push({ type: 'put', key: Buffer.from(`${PREFIX}shop/${name}`), value });
    }
    await store.txn({ compare: [], success, failure: [] });
  }
}
