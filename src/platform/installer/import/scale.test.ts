import { describe, expect, it } from 'vitest';
import { prefixRange } from '../../../etcd/index.ts';
import { connectEtcd, type KeyValueStore, type Op } from '../../../etcd/index.ts';
import { programOnPath, startEtcdProcess } from '../../../etcd/debian-etcd.fixture.ts';
import { resources } from '../../../kube/index.ts';
import { importCluster } from './import.ts';
import { populate, prepareSource, Side } from '../../../../test/rigs/import/sides.ts';

/** `GLOBALCTL_IMPORT_OBJECTS=100000` is the longer form. */
const OBJECTS = Number(process.env['GLOBALCTL_IMPORT_OBJECTS'] ?? 10_000);
/** Through the API each object takes requests of its own; the longer form takes them all. */
const THROUGH_API = process.env['GLOBALCTL_IMPORT_OBJECTS'] === undefined ? 1000 : OBJECTS;
/** What a Machine weighs once its managers have written their fields into it. */
const PADDING = 'x'.repeat(1500);
const LIMIT_MS = 180_000;

/** Machines as an API server keeps them, put beside it: making them through the API would take longer than importing them. */
async function addMachines(side: Side, count: number): Promise<void> {
  const folder = '/registry/cluster.x-k8s.io/machines/cpaas-system/';
  const { kvs } = await side.store.range(prefixRange(`${folder}global-kcp-0`));
  const sample = Buffer.from(kvs[0]?.value ?? Buffer.alloc(0)).toString('utf8');
  const uid = /"uid":"([0-9a-f-]{36})"/.exec(sample)?.[1] ?? '';
  for (let from = 0; from < count; from += 100) {
    const success = Array.from({ length: Math.min(100, count - from) }, (_, i): Op => {
      const name = `global-many-${String(from + i).padStart(6, '0')}`;
      const object = JSON.parse(sample) as { metadata: Record<string, unknown> };
      Object.assign(object.metadata, { name, annotations: { padding: PADDING } });
      const owner = JSON.stringify(object).replace(uid, `${uid.slice(0, 24)}${String(from + i).padStart(12, '0')}`);
      return { type: 'put', key: Buffer.from(folder + name), value: Buffer.from(owner) };
    });
    await side.store.txn({ compare: [], success, failure: [] });
  }
}

async function importMany(
  stores: readonly (KeyValueStore | undefined)[],
  method: 'etcdctl' | 'kubectl',
  many = OBJECTS,
): Promise<void> {
  await using source = await Side.start(stores[0]);
  await populate(source, 1);
  await prepareSource(source, method);
  await addMachines(source, many);
  // The API server serves from what it has seen of its store.
  await expect.poll(async () => (await source.list(resources.machines)).length, { timeout: 30_000 }).toBe(many + 1);
  await using target = await Side.start(stores[1]);
  globalThis.gc?.();
  const before = process.memoryUsage();
  let peakBytes = before.rss;
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage().rss);
  }, 20);
  const startedMs = performance.now();
  const { objects } = await importCluster({
    source: source.client,
    target: target.client,
    connectEtcds: () =>
      Promise.resolve({ source: source.store, target: target.store, [Symbol.asyncDispose]: () => Promise.resolve() }),
    ensureBackup: () => Promise.resolve('/backup.tar.gz'),
    signal: AbortSignal.timeout(LIMIT_MS),
    log: () => undefined,
  }).finally(() => clearInterval(watch));
  const seconds = (performance.now() - startedMs) / 1000;
  const grownMB = Math.round((peakBytes - before.rss) / 2 ** 20);
  // Told, not asserted: both API servers, and the stores unless these are real etcds, are in this process, too.
  process.stdout.write(
    `${method}: ${String(many)} objects in ${seconds.toFixed(1)} s; RSS ${String(Math.round(before.rss / 2 ** 20))} MiB before, at most ${String(grownMB)} MiB more\n`,
  );
  expect(objects).toBe(many + 7);
  expect((await target.list(resources.machines)).length).toBe(many + 1);
}

describe(`an import of ${String(OBJECTS)} objects`, () => {
  const etcd = programOnPath('etcd');
  if (etcd === undefined)
    it.skip('between real etcds: skipped, no etcd on PATH (Debian: apt-get install etcd-server)', () => undefined);
  else
    it(
      'goes between real etcds',
      async () => {
        const servers = await Promise.all([startEtcdProcess(etcd), startEtcdProcess(etcd)]);
        try {
          const [from, to] = await Promise.all(servers.map((s) => connectEtcd({ endpoints: [s.endpoint] })));
          await importMany([from, to], 'etcdctl');
        } finally {
          await Promise.all(servers.map((server) => server.stop()));
        }
      },
      LIMIT_MS,
    );

  it('goes between the stores of labs', () => importMany([], 'etcdctl'), LIMIT_MS);

  it(`goes through the API, ${String(THROUGH_API)} of them`, () => importMany([], 'kubectl', THROUGH_API), LIMIT_MS);
});
