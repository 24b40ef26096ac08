import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programOnPath } from '../../src/etcd/debian-etcd.fixture.ts';
import {
  fieldAt,
  HttpKubeClient,
  isCounterpart,
  PLATFORM_NAMESPACE,
  resources,
  type KubeObject,
} from '../../src/kube/index.ts';
import { inRepository, Program } from './program.ts';
import { criteriaOf, Rehearsal } from './rehearsal.ts';

/** On two cores with no other work it takes a fifth of this. */
const LIMIT_MS = 300_000;
const FAST = ['--speed', '2000'];

let program: Program;
beforeAll(async () => {
  program = await Program.build();
}, 120_000);
afterAll(async () => {
  await program[Symbol.asyncDispose]();
});

async function machinesOf(kubeconfig: string): Promise<KubeObject[]> {
  const client = await HttpKubeClient.fromFile(kubeconfig);
  try {
    return (await client.list(resources.machines, { namespace: PLATFORM_NAMESPACE })).items;
  } finally {
    await client.close();
  }
}

/** The uids as a person sees them, by kubectl where there is one. */
async function shownUids(kubeconfig: string): Promise<string[]> {
  const kubectl = programOnPath('kubectl');
  if (kubectl === undefined) return (await machinesOf(kubeconfig)).map((m) => m.metadata.uid ?? '').sort();
  const args = ['get', 'machines', '-n', PLATFORM_NAMESPACE, '-o', 'jsonpath={.items[*].metadata.uid}'];
  return execFileSync(kubectl, ['--kubeconfig', kubeconfig, ...args], { encoding: 'utf8' })
    .split(' ')
    .sort();
}

interface Report {
  readonly gates: readonly { readonly id: string; readonly ok: boolean; readonly observed: string }[];
  readonly retired: boolean;
}

function targetOf({ example, folder }: Rehearsal): string[] {
  return ['-f', inRepository(`examples/${example}/site.yaml`), '--rehearsal', '--state-dir', join(folder, 'state')];
}

async function handoff(rehearsal: Rehearsal, ...flags: string[]): Promise<Report> {
  const { stdout, stderr } = await rehearsal.start(['handoff', ...targetOf(rehearsal), '-o', 'json', ...flags]).ended;
  if (!stdout.startsWith('{')) throw new Error(stderr);
  return JSON.parse(stdout) as Report;
}

const gateIds = ['verification', 'ownership', 'objects', 'credentials', 'providers', 'references', 'backup'];

describe.each(['dcs', 'vsphere', 'hcs'])('a rehearsal of the example for %s', (example) => {
  it(
    'by method etcdctl shows the same uids in the new cluster, which then stands without minialauda',
    async () => {
      await using rehearsal = await Rehearsal.create(program, example);
      const criteria = criteriaOf(await rehearsal.rehearse({ flags: [...FAST, '--keep'] }).ended);
      expect(criteria.filter((c) => !c.ok)).toEqual([]);
      const before = await shownUids(rehearsal.bootstrapKubeconfig);
      expect(before).toHaveLength(5);
      expect(await shownUids(rehearsal.globalKubeconfig)).toEqual(before);

      const checked = await handoff(rehearsal, '--check');
      expect(checked.gates.map((gate) => gate.id)).toEqual(gateIds);
      // The image repository of vSphere keeps the address that the images of its VM template are named with.
      const accepted = example === 'vsphere' ? ['--accept-references'] : [];
      expect(checked.gates.filter((gate) => !gate.ok).map((gate) => gate.id)).toEqual(
        example === 'vsphere' ? ['references'] : [],
      );
      expect(checked.retired).toBe(false);
      expect((await rehearsal.labStatus()).clusters.map((c) => c.name).sort()).toEqual(['global', 'minialauda']);

      expect((await handoff(rehearsal, '--yes', ...accepted)).retired).toBe(true);
      expect((await rehearsal.labStatus()).clusters.map((c) => c.name)).toEqual(['global']);
      // The new cluster works on, with nobody beside it.
      const client = await HttpKubeClient.fromFile(rehearsal.globalKubeconfig);
      try {
        const { items } = await client.list(resources.machines, { namespace: PLATFORM_NAMESPACE });
        expect(items.map((m) => fieldAt(m, 'status', 'phase'))).toEqual(Array(5).fill('Running'));
      } finally {
        await client.close();
      }
      expect((await handoff(rehearsal)).retired).toBe(true);
      const status = await rehearsal.start(['status', ...targetOf(rehearsal), '-o', 'json']).ended;
      expect(before.length).toBe(status.stdout.match(/"kind":\s*"Machine"/g)?.length);
    },
    LIMIT_MS,
  );

  it(
    'by method kubectl makes each object anew from its source, and loses no machine',
    async () => {
      await using rehearsal = await Rehearsal.create(program, example);
      expect((await rehearsal.rehearse({ flags: [...FAST, '--until', 'import'] }).ended).code).toBe(0);
      const bootstrap = await HttpKubeClient.fromFile(rehearsal.bootstrapKubeconfig);
      const annotations = { 'installer.cpaas.io/import-method': 'kubectl' };
      const ref = { name: 'global', namespace: PLATFORM_NAMESPACE };
      await bootstrap.patch(resources.clusters, ref, { type: 'merge', body: { metadata: { annotations } } });
      await bootstrap.close();
      const criteria = criteriaOf(await rehearsal.rehearse({ flags: [...FAST, '--keep'] }).ended);
      expect(criteria.filter((c) => !c.ok)).toEqual([]);
      const before = await machinesOf(rehearsal.bootstrapKubeconfig);
      const after = new Map((await machinesOf(rehearsal.globalKubeconfig)).map((m) => [m.metadata.name, m]));
      expect(after.size).toBe(5);
      for (const machine of before) {
        const made = after.get(machine.metadata.name);
        expect(made && isCounterpart(made, machine.metadata.uid ?? '')).toBe(true);
        expect(made?.metadata.uid).not.toBe(machine.metadata.uid);
        expect(fieldAt(made, 'spec', 'providerID')).toBe(fieldAt(machine, 'spec', 'providerID'));
        expect(fieldAt(made, 'status', 'phase')).toBe('Running');
      }
      const { machines } = await rehearsal.labStatus();
      expect(machines).toHaveLength(5);
      const { gates } = await handoff(rehearsal, '--check', '--accept-references');
      expect(gates.filter((gate) => !gate.ok)).toEqual([]);
    },
    LIMIT_MS,
  );
});
