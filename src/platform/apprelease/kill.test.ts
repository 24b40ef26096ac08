import { build } from 'esbuild';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SeededRandom } from '../../base/index.ts';
import { fieldAt, resources, watchUntil, type KubeObject } from '../../kube/index.ts';
import { isReady, namespace, OperatorRig } from '../../../test/rigs/apprelease/operator-rig.ts';

/** GLOBALCTL_OPERATOR_KILLS=50 is the longer form; GLOBALCTL_KILL_SEED draws other moments. */
const KILLS = Number(process.env['GLOBALCTL_OPERATOR_KILLS'] ?? '6');
const SEED = process.env['GLOBALCTL_KILL_SEED'] ?? '1';

const random = new SeededRandom(SEED);

const root = fileURLToPath(new URL('../../..', import.meta.url));
let rig: OperatorRig;
let folder: string;
let running: ChildProcess | undefined;
let said = '';

beforeAll(async () => {
  rig = await OperatorRig.start();
  // Below node_modules, so that the optional package with Helm is found from there.
  await mkdir(join(root, 'node_modules/.cache'), { recursive: true });
  folder = await mkdtemp(join(root, 'node_modules/.cache/globalctl-operator-'));
  await mkdir(join(folder, 'tmp'));
  await writeFile(join(folder, 'kubeconfig'), rig.kubeconfigText, { mode: 0o600 });
  await build({
    absWorkingDir: root,
    entryPoints: ['test/rigs/apprelease/operator-process.ts'],
    outfile: join(folder, 'operator.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
});
afterAll(async () => {
  await kill();
  await rig[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function start(): void {
  running = spawn(process.execPath, [join(folder, 'operator.mjs'), join(folder, 'kubeconfig')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: join(folder, 'tmp') },
  });
  running.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
}

/** SIGKILL, and what the operator has started lives on: a Helm at work. */
async function kill(): Promise<void> {
  if (!running) return;
  const ended = once(running, 'exit');
  running.kill('SIGKILL');
  await ended;
  running = undefined;
}

/** What is to become of a release: a first installation and two upgrades of each in turn. */
async function ask(round: number): Promise<{ name: string; host: string }> {
  const name = `release-${String(Math.floor(round / 3))}`;
  const host = `round-${String(round)}`;
  const values = { global: { host, registry: { address: rig.registry.address } }, nodeSelector: waitsForEver(round) };
  if (round % 3 === 0) await rig.create(rig.release(name, { values }));
  else await rig.change(name, { values });
  return { name, host };
}

/** In every second round Helm waits for a node that there is not, and is at work whenever the kill strikes. */
function waitsForEver(round: number): Record<string, string> | null {
  return round % 2 === 1 ? { nowhere: 'yes' } : null;
}

/** Only where the kill strikes depends on the time, not what has to come of it. */
async function moment(round: number, usualMs: number): Promise<void> {
  const fraction = random.fraction('kill', round);
  if (waitsForEver(round) === null) return delay(usualMs * fraction);
  const signal = AbortSignal.timeout(20_000);
  const labelSelector = 'owner=helm,status in (pending-install,pending-upgrade,pending-rollback)';
  await watchUntil(rig.client, resources.secrets, { namespace, labelSelector, signal }, (store) =>
    store.size > 0 ? true : undefined,
  );
  await delay(100 * fraction);
}

const recordsOf = async (name: string): Promise<KubeObject[]> =>
  (await rig.client.list(resources.secrets, { namespace, labelSelector: `owner=helm,name=${name}` })).items;

it(
  `recovers by itself however often and whenever it is killed (${String(KILLS)} kills)`,
  async () => {
    const struck = new Set<string>();
    const beganMs = performance.now();
    const first = await ask(0);
    start();
    await rig.until(first.name, isReady);
    const usualMs = performance.now() - beganMs;
    await kill();
    for (let round = 1; round <= KILLS; round++) {
      const { name, host } = await ask(round);
      start();
      await moment(round, usualMs);
      await kill();
      for (const record of await recordsOf(name)) struck.add(record.metadata.labels?.['status'] ?? '');
      if (waitsForEver(round) !== null) await rig.change(name, { values: { nodeSelector: null } });
      start();
      const object = await rig.until(name, isReady).catch((error: unknown) => {
        throw new Error(`round ${String(round)}: ${said.slice(-3000)}`, { cause: error });
      });
      const config = await rig.client.get(resources.configMaps, { name, namespace });
      expect([round, config['data']]).toEqual([round, { host }]);
      const statuses = (await recordsOf(name)).map((record) => record.metadata.labels?.['status']);
      expect(statuses.filter((status) => status === 'deployed')).toHaveLength(1);
      expect(statuses.filter((status) => status?.startsWith('pending-'))).toEqual([]);
      expect(fieldAt(object, 'status', 'charts', 0, 'phase')).toBe('Success');
      // What killed processes have left, credentials among it, is gone, too; a call that runs now may have its own.
      const mine = `globalctl-helm-${String(running?.pid)}-`;
      expect((await readdir(join(folder, 'tmp'))).filter((left) => !left.startsWith(mine))).toEqual([]);
      await kill();
    }
    expect([...struck].filter((status) => status.startsWith('pending-'))).not.toEqual([]);
    process.stdout.write(`releases were found ${[...struck].sort().join(', ')} after a kill\n`);
  },
  KILLS * 60_000,
);
