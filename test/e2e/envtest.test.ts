import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpKubeClient, resources } from '../../src/kube/index.ts';
import { programOnPath, startEtcdProcess } from '../../src/etcd/debian-etcd.fixture.ts';
import { Program } from './program.ts';
import { criteriaOf, Rehearsal } from './rehearsal.ts';

/** On two cores with no other work a rehearsal takes a fifth of this. */
const LIMIT_MS = 300_000;

const assets = process.env['KUBEBUILDER_ASSETS'] ?? '';

if (assets === '') {
  it.skip('a rehearsal on real API servers: skipped, KUBEBUILDER_ASSETS names no folder with kube-apiserver and etcd', () =>
    undefined);
} else {
  describe('a rehearsal on real API servers', () => {
    let program: Program;
    beforeAll(async () => {
      program = await Program.build();
    }, 120_000);
    afterAll(() => program[Symbol.asyncDispose]());

    it.each(['dcs', 'vsphere', 'hcs'])(
      'verifies the result for %s and leaves no server behind',
      async (example) => {
        await using rehearsal = await Rehearsal.create(program, example);
        rehearsal.env['KUBEBUILDER_ASSETS'] = assets;
        const startedMs = performance.now();
        const flags = ['--control-plane', 'envtest', '--speed', '2000', '--keep'];
        const ended = await rehearsal.rehearse({ flags }).ended;
        process.stdout.write(`envtest ${example}: ${((performance.now() - startedMs) / 1000).toFixed(1)} s\n`);
        expect(criteriaOf(ended).filter((c) => !c.ok)).toEqual([]);
        expect(ended.code).toBe(0);

        const status = await rehearsal.labStatus();
        expect(status.clusters.map(({ name, failure }) => ({ name, failure }))).toEqual([
          { name: 'minialauda' },
          { name: 'global' },
        ]);
        for (const kubeconfig of [rehearsal.bootstrapKubeconfig, rehearsal.globalKubeconfig]) {
          const client = await HttpKubeClient.fromFile(kubeconfig);
          try {
            // Only kube-apiserver itself has this ConfigMap's controller.
            const name = 'kube-apiserver-legacy-service-account-token-tracking';
            expect(await client.find(resources.configMaps, { name, namespace: 'kube-system' })).toBeDefined();
            expect(await client.request('GET', '/version')).toMatchObject({
              gitVersion: status.envtest?.kubernetesVersion,
            });
          } finally {
            await client.close();
          }
        }
        expect(serversOf(rehearsal)).toHaveLength(4);
        expect((await rehearsal.labDown()).code).toBe(0);
        expect(serversOf(rehearsal)).toEqual([]);
      },
      LIMIT_MS,
    );

    const etcd = programOnPath('etcd');
    it.skipIf(etcd === undefined)(
      'stores both clusters in a given etcd',
      async () => {
        const server = await startEtcdProcess(etcd ?? '');
        try {
          await using rehearsal = await Rehearsal.create(program, 'dcs');
          rehearsal.env['KUBEBUILDER_ASSETS'] = assets;
          const flags = [
            '--control-plane',
            'envtest',
            '--etcd',
            `http://${server.endpoint}`,
            '--speed',
            '2000',
            '--keep',
          ];
          const ended = await rehearsal.rehearse({ flags }).ended;
          expect(criteriaOf(ended).filter((c) => !c.ok)).toEqual([]);
          expect(serversOf(rehearsal)).toHaveLength(2);
          expect((await rehearsal.labDown()).code).toBe(0);
        } finally {
          await server.stop();
        }
      },
      LIMIT_MS,
    );
  });
}

/** The real servers that run for a rehearsal, by the folder that is among their arguments. */
function serversOf(rehearsal: Rehearsal): string[] {
  const lines = execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.startsWith(assets) && line.includes(rehearsal.folder));
}
