import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpKubeClient, textAt, type KubeObject } from '../../src/kube/index.ts';
import { brokenRules, recordsOf } from './journal-rules.ts';
import { NetworkWatch } from './network-watch.ts';
import { Program } from './program.ts';
import { criteriaOf, Rehearsal, type Line } from './rehearsal.ts';

/** On two cores without other work a rehearsal takes about twenty seconds; this is for machines that have other work. */
const LIMIT_MS = 240_000;

let program: Program;
beforeAll(async () => {
  program = await Program.build();
}, 120_000);
afterAll(async () => {
  await program[Symbol.asyncDispose]();
});

const steps = [
  'prepare',
  'bootstrap',
  'providers',
  'manifest',
  'apply',
  'control-plane',
  'import',
  'installer',
  'monitor',
];

const criteria = ['installer', 'nodes', 'pods', 'base-module', 'platform-cluster'];

describe.each([
  { example: 'dcs', expected: criteria },
  // Where the import ConfigMap names the credential Secret, the new cluster must have it.
  { example: 'vsphere', expected: [...criteria, 'credentials'] },
  { example: 'hcs', expected: [...criteria, 'credentials'] },
])('a rehearsal of the example for $example', ({ example, expected }) => {
  it(
    'goes through the nine steps, verifies the result, keeps the reports and touches nothing outside loopback',
    async () => {
      await using rehearsal = await Rehearsal.create(program, example);
      await using watch = await NetworkWatch.start();
      const startedMs = performance.now();
      const lines: Line[] = [];
      let memoryBytes = 0;
      let measured: Promise<void> | undefined;
      const ended = await rehearsal.rehearse({
        wrap: watch.wrap,
        onLine: (line) => {
          lines.push(line);
          if (line.type === 'run-finished')
            measured = rehearsal.labMemoryBytes().then((bytes) => {
              memoryBytes = bytes;
            });
        },
      }).ended;
      await measured;
      const seconds = (performance.now() - startedMs) / 1000;

      expect(ended.stderr).not.toMatch(/error:/);
      const found = criteriaOf(ended);
      expect(found.map((c) => c.id)).toEqual(expected);
      expect(found.filter((c) => !c.ok)).toEqual([]);
      expect(ended.code).toBe(0);

      // One event a line, each with its time, and the verification after all of them.
      expect(lines.findIndex((l) => l.type === 'verification')).toBe(lines.length - 1);
      expect(lines.slice(0, -1).filter((l) => !('time' in l) || Number.isNaN(Date.parse(l.time)))).toEqual([]);
      expect(lines.flatMap((l) => (l.type === 'step-started' ? [l.step] : []))).toEqual(steps);
      expect(lines.find((l) => l.type === 'run-finished')).toMatchObject({ outcome: 'succeeded' });

      expect(brokenRules(recordsOf(await readFile(join(rehearsal.lastRun, 'journal.jsonl'), 'utf8')))).toEqual([]);
      expect(existsSync(rehearsal.host)).toBe(false);
      expect(existsSync(rehearsal.labHome)).toBe(false);

      expect(await watch.trespasses()).toEqual([]);
      // Told, not asserted: how long it takes depends on what else this machine does.
      process.stdout.write(
        `${example}: ${seconds.toFixed(1)} s, lab ${String(Math.round(memoryBytes / 2 ** 20))} MiB, sockets: ${watch.method}\n`,
      );
      expect(memoryBytes).toBeGreaterThan(0);
    },
    LIMIT_MS,
  );
});

describe('the seed of a rehearsal', () => {
  it(
    'decides the names of machines, and which machine gets which address',
    async () => {
      const [first, again, other] = await Promise.all(['1', '1', '2'].map(namesWithSeed));
      expect(again?.machines).toEqual(first?.machines);
      expect(again?.nodes).toEqual(first?.nodes);
      expect(first?.machines).toHaveLength(5);
      expect(other?.machines.filter((name) => first?.machines.includes(name))).toEqual([]);
      // The names and addresses of nodes come from the site file's pools, whatever the seed is; which machine gets which does not.
      for (const run of [first, again, other])
        expect(run?.nodes.map((node) => node.split(' ').slice(0, 2))).toEqual([
          ['global-cp-1', '10.10.20.11'],
          ['global-cp-2', '10.10.20.12'],
          ['global-cp-3', '10.10.20.13'],
          ['global-worker-1', '10.10.20.21'],
          ['global-worker-2', '10.10.20.22'],
        ]);
    },
    LIMIT_MS,
  );
});

interface Names {
  readonly machines: readonly string[];
  readonly nodes: readonly string[];
}

async function namesWithSeed(seed: string): Promise<Names> {
  await using rehearsal = await Rehearsal.create(program, 'dcs');
  criteriaOf(await rehearsal.rehearse({ flags: ['--speed', '2000', '--seed', seed, '--keep'] }).ended);
  const minialauda = await HttpKubeClient.fromFile(rehearsal.bootstrapKubeconfig);
  const global = await HttpKubeClient.fromFile(rehearsal.globalKubeconfig);
  try {
    const machines = await items(minialauda, '/apis/cluster.x-k8s.io/v1beta1/machines');
    const nodes = await items(global, '/api/v1/nodes');
    return {
      machines: machines.map((m) => m.metadata.name ?? '').sort(),
      nodes: nodes
        .map((n) => `${n.metadata.name ?? ''} ${internalAddress(n)} ${textAt(n, 'spec', 'providerID') ?? ''}`)
        .sort(),
    };
  } finally {
    await Promise.all([minialauda.close(), global.close()]);
  }
}

async function items(client: HttpKubeClient, path: string): Promise<KubeObject[]> {
  return ((await client.request('GET', path)) as { items: KubeObject[] }).items;
}

function internalAddress(node: KubeObject): string {
  const addresses =
    (node['status'] as { addresses?: { type: string; address: string }[] } | undefined)?.addresses ?? [];
  return addresses.find((a) => a.type === 'InternalIP')?.address ?? '';
}
