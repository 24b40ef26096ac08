import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isGlobalctlError, SeededRandom } from '../../../base/index.ts';
import { prefixRange } from '../../../etcd/index.ts';
import { IMPORTED_LABEL, resources } from '../../../kube/index.ts';
import { goBack } from './go-back.ts';
import { isPaused, stateOf } from './handover.ts';
import { populate, prepareSource, Side } from '../../../../test/rigs/import/sides.ts';
import { importCluster, type ImportResult } from './import.ts';
import { Killed, WriteGate } from '../../../../test/rigs/import/write-gate.ts';

const moved = [resources.clusters, resources.kubeadmControlPlanes, resources.machines, resources.kubeadmConfigs];
/** Draws whether a write that a process dies at has its effect, and what is done afterwards; every write is died at. */
const SEED = process.env['GLOBALCTL_KILL_SEED'] ?? '1';

let source: Side;
let target: Side;
beforeAll(async () => {
  source = await Side.start();
  await populate(source, 1);
  target = await Side.start();
});
afterAll(async () => {
  await target[Symbol.asyncDispose]();
  await source[Symbol.asyncDispose]();
});

const quiet = (): void => undefined;
const signal = (): AbortSignal => AbortSignal.timeout(30_000);

function run(gate: WriteGate): Promise<ImportResult> {
  return importCluster({
    source: gate.client(source.client),
    target: gate.client(target.client),
    connectEtcds: () =>
      Promise.resolve({
        source: source.store,
        target: gate.store(target.store),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
    ensureBackup: () => Promise.resolve('/backup.tar.gz'),
    signal: signal(),
    log: quiet,
  });
}

function back(gate: WriteGate): Promise<unknown> {
  const [from, to] = [gate.client(source.client), gate.client(target.client)];
  return goBack({ source: from, target: to, signal: signal(), log: quiet });
}

/** Whose the objects are: the target's from the release of its Cluster on. Controllers of one side at most may work on them. */
async function checkOwnership(): Promise<'source' | 'target'> {
  const [from, to] = await Promise.all([source.cluster(), target.cluster()]);
  if (from === undefined) throw new Error('the source has lost its Cluster');
  const working = [from, to].filter((cluster) => cluster !== undefined && !isPaused(cluster));
  const released = to !== undefined && !isPaused(to);
  const state = stateOf(from) ?? 'none';
  const seen = `source ${state}${isPaused(from) ? ', paused' : ''}; target ${to ? (released ? 'released' : 'paused') : 'empty'}`;
  expect(working.length, seen).toBeLessThanOrEqual(1);
  if (released) {
    expect(to.metadata.labels, seen).toHaveProperty([IMPORTED_LABEL]);
    expect(['handing-over', 'handed-over', 'withdrawing'], seen).toContain(state);
  }
  if (!isPaused(from)) expect(['none', 'withdrawn'], seen).toContain(state);
  return released ? 'target' : 'source';
}

/** A new cluster again: nothing of an import, the definitions served. */
async function emptyTarget(): Promise<void> {
  for (const group of ['cluster.x-k8s.io', 'controlplane.cluster.x-k8s.io', 'bootstrap.cluster.x-k8s.io'])
    await target.store.deleteRange(prefixRange(`/registry/${group}/`));
  await target.store.deleteRange(prefixRange('/registry/secrets/cpaas-system/'));
  for (const resource of moved) await expect.poll(() => target.list(resource).catch(() => [])).toEqual([]);
}

async function countInTarget(): Promise<number> {
  const lists = await Promise.all(moved.map((resource) => target.list(resource)));
  return lists.flat().length;
}

describe.each(['etcdctl', 'kubectl'] as const)('an import by method %s that dies at any of its writes', (method) => {
  beforeEach(async () => {
    await prepareSource(source, method);
    await emptyTarget();
  });

  it('leaves the objects with exactly one side at every moment, and goes on or goes back', async () => {
    const random = new SeededRandom(`${SEED} ${method}`);
    const whole = new WriteGate({ onWritten: async () => void (await checkOwnership()) });
    await run(whole);
    expect(await checkOwnership()).toBe('target');
    const ways = { on: 0, back: 0, 'too late to go back': 0 };
    for (let killAt = 1; killAt <= whole.writes; killAt++) {
      await prepareSource(source, method);
      await emptyTarget();
      const when = random.integer(0, 1, 'when', killAt) === 0 ? 'before' : 'after';
      const onWritten = async (): Promise<void> => void (await checkOwnership());
      await run(new WriteGate({ killAt, when, onWritten })).catch((error: unknown) => {
        if (!(error instanceof Killed)) throw error;
      });
      const owner = await checkOwnership();
      if (random.integer(0, 1, 'way', killAt) === 0) {
        await run(new WriteGate({ onWritten }));
        expect(await checkOwnership()).toBe('target');
        expect(await countInTarget()).toBe(4);
        ways.on++;
        continue;
      }
      // Going back may die as well; it is then told again.
      const dying = new WriteGate({ killAt: random.integer(1, 12, 'back', killAt), when, onWritten });
      const first = await back(dying).catch((error: unknown) => error);
      const second = await back(new WriteGate({ onWritten })).catch((error: unknown) => error);
      if (isGlobalctlError(second, 'IMPORT_HANDED_OVER')) {
        expect(owner).toBe('target');
        expect(await checkOwnership()).toBe('target');
        ways['too late to go back']++;
        continue;
      }
      if (second instanceof Error) throw second;
      if (first instanceof Error && !(first instanceof Killed)) throw first;
      expect(owner).toBe('source');
      expect(await checkOwnership()).toBe('source');
      expect(isPaused((await source.cluster()) ?? { apiVersion: '', kind: '', metadata: {} })).toBe(false);
      expect(await countInTarget()).toBe(0);
      ways.back++;
    }
    process.stdout.write(`${method}: killed at each of ${String(whole.writes)} writes: ${JSON.stringify(ways)}\n`);
    expect(ways.on).toBeGreaterThan(0);
    expect(ways.back).toBeGreaterThan(0);
  }, 120_000);

  it('is never released and withdrawn at once, whichever of two processes is faster', async () => {
    const random = new SeededRandom(`race ${SEED} ${method}`);
    const ends = { released: 0, withdrawn: 0 };
    for (let round = 0; round < 6; round++) {
      await prepareSource(source, method);
      await emptyTarget();
      // The withdrawal begins at some write of the import.
      const startAt = random.integer(2, 26, round);
      let withdrawal: Promise<unknown> | undefined;
      const gate = new WriteGate({
        onWritten: async () => {
          await checkOwnership();
          if (gate.writes === startAt) withdrawal = back(new WriteGate()).catch((error: unknown) => error);
        },
      });
      const imported = await run(gate).catch((error: unknown) => error);
      await withdrawal;
      const owner = await checkOwnership();
      ends[owner === 'target' ? 'released' : 'withdrawn']++;
      if (owner === 'target') expect(imported instanceof Error).toBe(false);
      else expect(isPaused((await source.cluster()) ?? { apiVersion: '', kind: '', metadata: {} })).toBe(false);
    }
    process.stdout.write(`${method}: ${JSON.stringify(ends)}\n`);
  }, 60_000);
});
